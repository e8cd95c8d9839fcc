import Environments
import Foundation
import TestSupport
import Testing

@Suite("Environments do what their reference packages do")
struct ParityTests {
  /// The ids that have a file from `Scripts/make-environment-fixtures`. Written down, so that none is lost.
  private static let ids = [
    "asterix-minimal-v1", "asterix-v1", "breakout-minimal-v1", "breakout-v1", "door-key-16x16-v1",
    "door-key-5x5-v1", "door-key-6x6-v1", "door-key-8x8-v1", "dynamic-obstacles-16x16-v1",
    "dynamic-obstacles-5x5-v1", "dynamic-obstacles-6x6-v1", "dynamic-obstacles-8x8-v1",
    "dynamic-obstacles-random-5x5-v1", "dynamic-obstacles-random-6x6-v1", "empty-16x16-v1",
    "empty-5x5-v1", "empty-6x6-v1", "empty-8x8-v1", "empty-random-5x5-v1", "empty-random-6x6-v1",
    "four-rooms-v1", "freeway-minimal-v1", "freeway-v1", "lava-crossing-s11n5-v1",
    "lava-crossing-s9n1-v1", "lava-crossing-s9n2-v1", "lava-crossing-s9n3-v1", "lava-gap-s5-v1",
    "lava-gap-s6-v1", "lava-gap-s7-v1", "seaquest-minimal-v1", "seaquest-v1", "simple-crossing-s11n5-v1",
    "simple-crossing-s9n1-v1", "simple-crossing-s9n2-v1", "simple-crossing-s9n3-v1",
    "space-invaders-minimal-v1", "space-invaders-v1", "unlock-v1",
  ]

  private static let fixtures = repository.appending(path: "Tests/EnvironmentsTests/Fixtures")

  @Test("every step of every recording", arguments: ids)
  func steps(_ id: String) throws {
    let recordings = try Recording.read(Self.fixtures.appending(path: "\(id).jsonl"))
    #expect(recordings.count { $0.header.player == "random" } >= 5)
    let definition = try repositoryCatalog().definition(for: id)
    for recording in recordings {
      let header = recording.header
      #expect(header.id == id)
      #expect(recording.steps.count >= 2000 && header.actions.utf8.count == recording.steps.count)
      var vector = definition.makeVector(count: 1)
      vector.reset(0, seed: header.seed)
      var hash = ObservationHash()
      try hash.combine(vector)
      for (index, (digit, expected)) in zip(header.actions.utf8, recording.steps).enumerated() {
        let outcome = vector.step([Int(digit - UInt8(ascii: "0"))])[0]
        try hash.combine(vector)
        let step = Recording.Step(
          hash: UInt16(hash.value >> 48), reward: outcome.reward, ending: outcome.ending)
        try #require(step == expected, "seed \(header.seed), step \(index + 1)")
        if outcome.ending != nil {
          vector.reset(0)
          try hash.combine(vector)
        }
      }
    }
  }

  @Test("there are recordings of these and of no others")
  func present() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures.path)
      .filter { $0.hasSuffix(".jsonl") }
    #expect(files.sorted() == Self.ids.map { "\($0).jsonl" }.sorted())
  }
}

/// What happened in a reference; Scripts/environment_fixtures.py describes the format.
private struct Recording {
  struct Header: Decodable {
    let id: String
    let seed: UInt64
    let player: String
    let actions: String
  }

  struct Step: Hashable {
    let hash: UInt16
    var reward: Float
    var ending: Ending?
  }

  let header: Header
  private(set) var steps: [Step] = []

  static func read(_ file: URL) throws -> [Recording] {
    var recordings: [Recording] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("{") {
        let header = try JSONDecoder().decode(Header.self, from: Data(line.utf8))
        recordings.append(Recording(header: header))
      } else {
        let words = line.split(separator: " ").map(String.init)
        var step = Step(hash: try #require(UInt16(words[0], radix: 16)), reward: 0, ending: nil)
        if words.count > 1 { step.reward = Float(try #require(Double(words[1]))) }
        if words.count > 2 {
          let ending: Ending = try #require(Ending(rawValue: words[2]))
          step.ending = ending
        }
        recordings[recordings.count - 1].steps.append(step)
      }
    }
    return recordings
  }
}

/// A hash of all observations so far.
private struct ObservationHash {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
  private static let prime: UInt64 = 0x0000_0100_0000_01b3

  mutating func combine(_ vector: any VectorEnvironment) throws {
    let observation = vector.observation()
    let rawValues = vector.observationSpace.rawValues(of: observation.span)
    var bytes = try #require(rawValues)
    if let direction = vector.direction(0) { bytes.append(UInt8(direction)) }
    value = (value ^ ContentHash(of: bytes).value) &* Self.prime
  }
}

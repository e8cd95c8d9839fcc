import Environments
import Foundation
import RandomStreams
import TestSupport
import Testing

/// `trace` and `baseline`, run as a person runs them.
@Suite struct TraceTests {
  private struct Line: Decodable {
    let action: Int
    let reward: Float
    let ending: Ending?
    let direction: Int?
    let observation_hash: String
    let observation: [[[Float]]]?
  }

  private func lines(_ text: String) throws -> [Line] {
    try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test(arguments: ["catch-v1", "catch-camera-v1", "lava-bridge-v1"])
  func tellsWhatTheEnvironmentDoes(_ id: String) throws {
    let definition = try repositoryCatalog()
      .definition(for: id)
    try withTemporaryFolder { folder in
      let actions = folder.appendingPathComponent("actions.txt")
      var random = RandomStream(seed: 1)
      let chosen = (0..<60).map { _ in random.index(below: definition.actions.count) }
      try chosen.map(String.init).joined(separator: "\n").write(
        to: actions, atomically: true, encoding: .utf8)
      let output = folder.appendingPathComponent("trace.jsonl")
      let run = try Tool.run([
        "trace", "--env", id, "--seed", "7", "--actions", actions.path, "--output", output.path,
        "--observations",
      ])
      #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
      let lines = try lines(String(contentsOf: output, encoding: .utf8))
      #expect(lines.map(\.action) == chosen)

      var vector = definition.makeVector(count: 1)
      let space = vector.observationSpace
      vector.reset(0, seed: 7)
      var outcomes = [Outcome(reward: 0)]
      var frame = [Float](repeating: 0, count: space.count)
      for line in lines {
        vector.step([line.action], running: nil, outcomes: &outcomes)
        var span = frame.mutableSpan
        vector.observe(0, into: &span)
        #expect(Outcome(reward: line.reward, ending: line.ending) == outcomes[0])
        let observation = try #require(line.observation)
        #expect(observation.count == space.height && observation[0].count == space.width)
        let flat = observation.flatMap { $0.flatMap { $0 } }
        let values = space.rawValues(of: frame.span)
        let raw = try #require(values)
        #expect(flat == raw.map(Float.init))
        #expect(line.observation_hash == ContentHash(of: raw).description)
        if outcomes[0].ending != nil { vector.reset(0) }
      }
    }
  }

  @Test func randomActionsAreThoseOfTheSeed() throws {
    let first = try Tool.run(["trace", "--env", "catch-v1", "--seed", "1", "--steps", "40"])
    #expect(first.status == 0 && first.output.split(separator: "\n").count == 40)
    #expect(
      try Tool.run(["trace", "--env", "catch-v1", "--seed", "1", "--steps", "40"]).output == first.output)
    #expect(
      try Tool.run(["trace", "--env", "catch-v1", "--seed", "2", "--steps", "40"]).output != first.output)
    #expect(try lines(first.output).allSatisfy { $0.observation == nil && $0.direction == nil })
  }

  @Test func aWrongActionIsSaidWithItsLine() throws {
    try withTemporaryFolder { folder in
      let actions = folder.appendingPathComponent("actions.txt")
      try "0 1\n2 3\n".write(to: actions, atomically: true, encoding: .utf8)
      let output = folder.appendingPathComponent("trace.jsonl")
      let run = try Tool.run([
        "trace", "--env", "catch-v1", "--actions", actions.path, "--output", output.path,
      ])
      #expect(run.failedInOneLine && run.status == 65)
      #expect(run.errors.contains("actions.txt:2: '3' is no action of catch-v1: 0 to 2 are"))
      #expect(!FileManager.default.fileExists(atPath: output.path))
      let short = try Tool.run(["trace", "--env", "catch-v1", "--actions", actions.path, "--steps", "9"])
      #expect(short.failedInOneLine && short.status == 65)
      // A comparison of nothing would pass.
      try "\n".write(to: actions, atomically: true, encoding: .utf8)
      let none = try Tool.run(["trace", "--env", "catch-v1", "--actions", actions.path])
      #expect(none.failedInOneLine && none.status == 65 && none.errors.contains("holds no actions"))
    }
  }

  @Test func baselinesArePlayedAtRandom() throws {
    let run = try Tool.run(["baseline", "catch-v1", "lava-bridge-v1", "--episodes", "300", "--json"])
    #expect(run.status == 0, "\(run.errors)")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    #expect(rows.map { $0["environment"] as? String } == ["catch-v1", "lava-bridge-v1"])
    // A paddle that does not look is under one ball in ten: −0.8, with a deviation of 0.6/√300 = 0.035.
    let mean = try #require(rows[0]["mean"] as? Double)
    #expect(abs(mean + 0.8) < 0.15)
    #expect(rows[0]["meanLength"] as? Double == 9)
    let low = try #require(rows[0]["intervalLow"] as? Double)
    let high = try #require(rows[0]["intervalHigh"] as? Double)
    #expect(low < mean && mean < high && high - low < 0.2)
  }
}

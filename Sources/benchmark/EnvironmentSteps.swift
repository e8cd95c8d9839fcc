import ArgumentParser
import Environments
import Foundation
import RandomStreams
import Tensors

/// Steps of every environment, with its observation written each time.
struct EnvironmentSteps: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "environments",
    abstract: "Steps of the environments with random actions, every observation written, in steps a second.",
    discussion: """
      One thread steps all lanes of a vector; with two, each steps a vector of its own. The median over windows is \
      reported.
      """)

  @Argument(help: "The environments; all where none is named.") var ids: [String] = []
  @Option(help: "The folder of definitions.") var folder = "Environments"
  @Option(help: "Lanes of a vector.") var lanes = 64
  @Option(help: "Seconds of a measurement.") var seconds = 0.5
  @Option(parsing: .upToNextOption, help: "The command that measures other packages' environments.")
  var peers: [String] = []
  @Flag(help: "Write JSON instead of a table.") var json = false

  func validate() throws {
    guard lanes > 0, seconds > 0 else { throw ValidationError("lanes and seconds must be positive") }
  }

  /// One environment's rates.
  private struct Row: Encodable {
    let id: String
    let stepsPerSecond: Double
    let stepsPerSecondOfTwoThreads: Double
    let peers: [String: Double]
  }

  func run() throws {
    let catalog = try EnvironmentCatalog(folder: folder)
    var rows: [Row] = []
    for id in ids.isEmpty ? catalog.ids : ids {
      let definition = try catalog.definition(for: id)
      let row = Row(
        id: id, stepsPerSecond: rate(definition, threads: 1),
        stepsPerSecondOfTwoThreads: rate(definition, threads: 2),
        peers: try PeerRates.measure(by: peers, [id], of: id))
      rows.append(row)
      if !json { print(text(row)) }
    }
    if json { print(try rows.json()) }
  }

  private func text(_ row: Row) -> String {
    let ratio = row.stepsPerSecondOfTwoThreads / row.stepsPerSecond
    let peers = row.peers.sorted { $0.key < $1.key }.map { name, rate in
      String(format: "   \(name) %.3f M (×%.1f)", rate / 1e6, row.stepsPerSecond / rate)
    }
    return row.id.padding(toLength: 28, withPad: " ", startingAt: 0)
      + String(format: "%8.3f M steps/s   two threads ×%.2f", row.stepsPerSecond / 1e6, ratio)
      + peers.joined()
  }

  private func rate(_ definition: EnvironmentDefinition, threads: Int) -> Double {
    let (lanes, rounds) = (lanes, 2000)
    let calls = Stopwatch.callsPerSecond(seconds: seconds) {
      _ = Workers(threads: threads).map(threads) { index in
        var drive = RandomDrive(definition, lanes: lanes, seed: UInt64(index))
        drive.step(rounds: rounds)
        return drive.totalReward
      }
    }
    return calls * Double(rounds * lanes * threads)
  }
}

/// A vector under random actions, drawn beforehand.
private struct RandomDrive {
  private var vector: any VectorEnvironment
  private let actions: [[Int]]
  private var outcomes: [Outcome]
  private(set) var totalReward: Float = 0

  init(_ definition: EnvironmentDefinition, lanes: Int, seed: UInt64) {
    var random = RandomStream(seed: seed, stream: .policy)
    vector = definition.makeVector(count: lanes)
    let count = vector.actions.count
    actions = (0..<64).map { _ in (0..<lanes).map { _ in random.index(below: count) } }
    outcomes = Array(repeating: Outcome(reward: 0), count: lanes)
    for lane in 0..<lanes { vector.reset(lane, seed: seed * UInt64(lanes) + UInt64(lane)) }
  }

  private func observe(into frames: inout [Float]) {
    var span = frames.mutableSpan
    vector.observeAll(into: &span)
  }

  mutating func step(rounds: Int) {
    var frames = [Float](repeating: 0, count: vector.count * vector.observationSpace.count)
    for round in 0..<rounds {
      vector.step(actions[round % actions.count], running: nil, outcomes: &outcomes)
      for lane in outcomes.indices {
        totalReward += outcomes[lane].reward
        if outcomes[lane].ending != nil { vector.reset(lane) }
      }
      observe(into: &frames)
    }
  }
}

import Agents
import ArgumentParser
import Environments
import Foundation
import Tensors

/// Whole training loops: acting, environment, and learning.
struct Training: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Training loops, in environment steps a second.",
    discussion: """
      Each loop runs until it learns, and is then measured in rounds, one thread and two in turn, of which the \
      median is reported; beside it what share of the machine's own matrix products one thread reaches.
      """)

  @Option(help: "Only this loop.") var loop: TrainingCase?
  @Option(help: "The environment, of the folder Environments.") var environment = "breakout-v1"
  @Option(help: "The numbers of threads.") var threads = [1, 2]
  @Option(help: "Rounds a loop.") var rounds = 3
  @Option(help: "Seconds a round, at least.") var seconds = 2.0
  @Option(parsing: .upToNextOption, help: "The command that measures other packages' loops.")
  var peers: [String] = []
  @Flag(help: "Write JSON instead of a table.") var json = false

  func validate() throws {
    guard rounds > 0, seconds > 0, threads.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("rounds, seconds and threads must be positive")
    }
    guard peers.isEmpty || environment == "breakout-v1" else {
      throw ValidationError("the peers play Breakout alone: leave --environment or --peers out")
    }
  }

  private struct Row: Encodable {
    let loop: TrainingCase
    let environment: String
    let threads: Int
    let stepsPerSecond: Double
    let operationsPerStep: Double
    let shareOfPeak: Double
    let peers: [String: Double]
  }

  func run() throws {
    let definition = try EnvironmentCatalog(folder: "Environments").definition(for: environment)
    let peak = Stopwatch.peak(seconds: 1)
    var table: [Row] = []
    if !json {
      print(String(format: "%@; matrix products of 512×512: %.1f GFLOP/s", environment, peak / 1e9))
    }
    for loop in TrainingCase.allCases where self.loop ?? loop == loop {
      let operations = try loop.operations(in: definition.makeVector(count: 1))
      var agents = try threads.map { count in
        try loop.configuration.makeAgent(
          in: definition.makeVector(count: loop.configuration.lanes), seed: 0,
          workers: Workers(threads: count))
      }
      for index in agents.indices { try agents[index].warmUp() }
      var rates = threads.map { _ in [Double]() }
      for _ in 0..<rounds {
        for index in agents.indices {
          rates[index].append(try agents[index].stepsPerSecond(seconds: seconds))
        }
      }
      for (count, rates) in zip(threads, rates) {
        let rate = Stopwatch.median(rates)
        let row = Row(
          loop: loop, environment: environment, threads: count, stepsPerSecond: rate,
          operationsPerStep: operations, shareOfPeak: rate * operations / peak,
          peers: try PeerRates.measure(
            by: peers, [loop.rawValue, "\(count)", "\(seconds * Double(rounds))"], of: loop.rawValue))
        table.append(row)
        if !json {
          print(
            "\(loop.rawValue), \(count) threads: \(Int(rate.rounded())) steps/s, "
              + String(format: "%.1f GFLOP/s, %.0f%% of peak", rate * operations / 1e9, 100 * row.shareOfPeak)
              + row.peers.sorted { $0.key < $1.key }.map { name, peer in
                String(format: "; \(name) %.0f (×%.2f)", peer, rate / peer)
              }.joined()
          )
        }
      }
    }
    if json { print(try table.json()) }
  }
}

import Agents
import ArgumentParser
import Environments
import Foundation
import Networks
import Tensors

/// How long it takes to learn something.
struct Learning: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The time to a mean Breakout return of 20.",
    discussion: """
      PPO with two networks of 64-64 units on the Breakout that gymnax has (three actions, none sticky): 64 environments × \
      128 steps, 8 minibatches, 4 epochs, a rate from 2.5e-3 and an entropy bonus from 0.1, both to 0 over a million steps. The \
      peer has a rate from 5e-3 and a bonus of 0.01, as in its own repository; with those, some seeds of ours never get beyond a \
      few bricks. The mean is that of the last hundred episodes.
      """)

  @Option(help: "The numbers of threads.") var threads = [1, 2]
  @Option(help: "Seeds, from 0 on.") var seeds = 5
  @Option(help: "Environment steps.") var steps = 1_000_000
  @Option(parsing: .upToNextOption, help: "The command that measures PureJaxRL.") var peers: [String] = []

  func validate() throws {
    guard seeds > 0, steps > 0, threads.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("seeds, steps and threads must be positive")
    }
  }

  private static let breakout = """
    id: breakout-gymnax-v1
    kind: breakout
    description: Without sticky actions.
    time-limit: 1000
    parameters:
      actions: minimal
    """

  func run() throws {
    let definition = try EnvironmentDefinition(yaml: Self.breakout, path: "breakout-gymnax-v1.yaml")
    var settings = PPO.Configuration()
    settings.isShared = false
    settings.network = .init(.mlp, hidden: [64, 64])
    settings.learningRate = .linear(from: 2.5e-3, to: 0, share: 1)
    settings.entropyBonus = .linear(from: 0.1, to: 0, share: 1)
    for count in threads {
      for seed in 0..<seeds {
        var run = try TrainingRun(
          .init(settings, steps: steps, seed: UInt64(seed)), in: definition, workers: Workers(threads: count))
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        var reached: Duration?
        while !run.isFinished {
          try run.advance()
          if reached == nil, let recent = run.progress.recentReturn, recent >= 20 {
            reached = clock.now - start
          }
        }
        let seconds = (clock.now - start) / .seconds(1)
        print(
          "\(count) threads, seed \(seed): "
            + (reached.map { String(format: "20 after %.1f s", $0 / .seconds(1)) } ?? "20 not reached")
            + String(
              format: ", %.1f s for all steps, return %.1f", seconds, run.progress.recentReturn ?? .nan))
      }
      guard let interpreter = peers.first else { continue }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: interpreter)
      process.arguments = peers.dropFirst() + ["return", "\(count)", "1"]
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        throw ValidationError("the peers' command ended with status \(process.terminationStatus)")
      }
    }
  }
}

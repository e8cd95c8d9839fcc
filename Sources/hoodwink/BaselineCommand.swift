import ArgumentParser
import Environments
import Evaluation
import Foundation
import Policies

/// Plays environments at random.
struct BaselineCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Play environments with random actions: the returns that an agent has to beat.",
    discussion: """
      Intervals are 95% bootstrap intervals of the mean over episodes.

      Examples:
        hoodwink baseline breakout-v1 --episodes 1000
        hoodwink baseline --json
      """)

  @Argument(help: "Environments; all where none is named.")
  var environments: [String] = []

  @OptionGroup var play: PlayOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  private struct Row: Encodable {
    let environment: String
    let episodes: Int
    let seed: UInt64
    let mean: Double
    let intervalLow: Double?
    let intervalHigh: Double?
    let meanLength: Double
  }

  func run(until interruption: Interruption) throws {
    let catalog = try common.folders().catalog()
    if let twice = environments.first(where: { name in environments.count { $0 == name } > 1 }) {
      throw Failure("environments: \"\(twice)\" is named twice")
    }
    let definitions =
      try environments.isEmpty
      ? catalog.definitions() : environments.map { try catalog.definition(for: $0) }
    var line = ProgressLine("baseline", unit: "environments")
    var rows: [Row] = []
    for definition in definitions {
      let evaluation = Evaluation(
        environment: definition, frames: 1, seed: compute.seed, episodes: play.episodes)
      let result = try evaluation.run(
        RandomPolicy(actions: definition.actions.count), workers: compute.workers,
        continuing: { _ in !interruption.isAsked })
      let interval = result.interval(seed: compute.seed)
      rows.append(
        Row(
          environment: definition.id, episodes: play.episodes, seed: compute.seed, mean: result.mean,
          intervalLow: interval?.lowerBound, intervalHigh: interval?.upperBound,
          meanLength: Double(result.frames) / Double(play.episodes)))
      line.update(rows.count, of: definitions.count)
    }
    line.finish(definitions.count, of: definitions.count)
    if common.json { return try printJSON(rows) }
    var table = Table(["environment", "return", "95% interval", "steps an episode"], leftColumns: 1)
    for row in rows {
      table.append([
        row.environment, String(format: "%.3f", row.mean),
        bracketed(row.intervalLow, row.intervalHigh),
        String(format: "%.1f", row.meanLength),
      ])
    }
    print(table.text)
  }
}

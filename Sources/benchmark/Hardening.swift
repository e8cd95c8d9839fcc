import Agents
import ArgumentParser
import Attacks
import Defenses
import Environments
import Foundation
import Tensors

/// What a training step costs with a defense in the loss.
struct Hardening: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Training loops with and without a defense in the loss, and the ratio of their times.",
    discussion: """
      The loops of 'benchmark training', on one thread, once plain and once with each defense at its full size. Each round \
      measures all of them in turn; the median over rounds is reported, and the median of the ratios.
      """)

  @Option(help: "Only this loop.") var loop: TrainingCase?
  @Option(help: "Only this defense, as the table names it, beside the plain loop.") var defense: String?
  @Option(help: "The environment, of the folder Environments.") var environment = "breakout-v1"
  @Option(help: "Rounds a loop.") var rounds = 5
  @Option(help: "Seconds a round, at least.") var seconds = 2.0
  @Flag(help: "Write JSON instead of a table.") var json = false

  func validate() throws {
    guard rounds > 0, seconds > 0 else { throw ValidationError("rounds and seconds must be positive") }
    let all = Self.defenses.map(\.loop.rawValue).joined(separator: " or ")
    guard loop.map({ loop in Self.defenses.contains { $0.loop == loop } }) ?? true else {
      throw ValidationError("no defense is measured in that loop, but in \(all)")
    }
    let names = Self.defenses.filter { loop ?? $0.loop == $0.loop }.flatMap { $0.defenses.compactMap { $0 } }
    guard defense.map(names.contains) ?? true else {
      throw ValidationError("no such defense is measured, but \(Set(names).sorted().joined(separator: ", "))")
    }
  }

  /// Plain first.
  private static let defenses: [(loop: TrainingCase, defenses: [String?])] = [
    (
      .dqnEveryStep,
      [nil, "sa-dqn", "radial", "wocar", "sa-dqn:method=pgd:steps=10", "vat", "adversarial"]
    ),
    (.ppoCNN, [nil, "sa-ppo", "wocar", "sa-ppo:method=pgd:steps=10", "vat", "adversarial"]),
  ]

  private struct Row: Encodable {
    let loop: TrainingCase
    let environment: String
    let defense: String?
    let stepsPerSecond: Double
    /// The time of a step over that of a plain one.
    let cost: Double
  }

  func run() throws {
    let definition = try EnvironmentCatalog(folder: "Environments").definition(for: environment)
    var rows: [Row] = []
    // All of them have the plain loop, so that without a name none is left out.
    for (loop, all) in Self.defenses where self.loop ?? loop == loop && all.contains(defense) {
      let defenses = all.filter { $0 == nil || defense == nil || $0 == defense }
      let plans = try defenses.map { name in
        try name.map { try DefensePlan("\($0):warm-up=1", epsilon: Epsilon(8, over: 255)) }
      }
      var agents = try plans.map { plan in
        var agent = try loop.configuration.makeAgent(
          in: definition.makeVector(count: loop.configuration.lanes), seed: 0, workers: .one)
        if let loss = plan?.loss { try agent.harden(by: loss) }
        return agent
      }
      for index in agents.indices {
        try agents[index].warmUp(progress: 1, hardening: plans[index]?.collection)
      }
      var rates = defenses.map { _ in [Double]() }
      for _ in 0..<rounds {
        for index in agents.indices {
          rates[index].append(
            try agents[index].stepsPerSecond(
              seconds: seconds, progress: 0.9, hardening: plans[index]?.collection))
        }
      }
      for (name, own) in zip(defenses, rates) {
        let row = Row(
          loop: loop, environment: environment, defense: name, stepsPerSecond: Stopwatch.median(own),
          cost: Stopwatch.median(zip(rates[0], own).map(/)))
        rows.append(row)
        if !json {
          print(
            "\(loop.rawValue), \(name ?? "plain"): \(Int(row.stepsPerSecond.rounded())) steps/s, "
              + String(format: "%.2f times a plain step", row.cost))
        }
      }
    }
    if json { print(try rows.json()) }
  }
}

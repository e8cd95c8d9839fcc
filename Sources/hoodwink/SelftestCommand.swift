import ArgumentParser
import Attacks
import Environments
import Episodes
import Evaluation
import Foundation
import Policies

/// Checks whether attacks on a policy can be believed.
struct SelftestCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Check whether attacks on a policy are strong enough for their failure to mean anything.",
    discussion: """
      Attacks that have to agree are run on the same frames of this policy, one of them on a second policy (--surrogate) or, \
      without one, on a copy taught by the policy's answers, and each check is green, amber or red, with \
      the figures behind it. Red means: the attack is weak or the policy hides its gradients, and it must not be called \
      robust, whatever its return. Green means that no sign of that was found, not that the policy is robust.

      Intervals are 95% bootstrap intervals over episodes; a comparison of attacks is red only when all of the interval is beyond \
      its margin, which is 2% of the frames, and the other checks have limits of their own. The panel plays every frame, with all \
      knowledge that its attacks ask for: --share and --knowledge other than the usual are refused. Exit status: 0 when nothing is red, 1 when something is.

      Examples:
        hoodwink selftest catch-v1-dqn --epsilons 8/255
        hoodwink selftest runs/hardened --epsilons 4/255,16/255 --surrogate runs/plain
        hoodwink selftest runs/hardened --steps 100 --restarts 5 --queries 1000 --json
      """)

  @Argument(help: "A run folder (its last.safetensors), a policy folder, a file, or a name in Policies.")
  var policy: String

  @Option(parsing: .unconditional, help: "Epsilons, separated by commas, a panel for each: 8/255 or 0.03.")
  var epsilons: String = "8/255"

  @Option(help: ArgumentHelp("Steps of PGD.", valueName: "n"))
  var steps: Int = 20

  @Option(help: ArgumentHelp("Starts of PGD, up the cross-entropy and up the margin each.", valueName: "n"))
  var restarts: Int = 2

  @Option(help: ArgumentHelp("Draws of noise that PGD has to beat, for each frame.", valueName: "n"))
  var tries: Int = 100

  @Option(
    help: ArgumentHelp("Questions that the attack without gradients may ask, for each frame.", valueName: "n")
  )
  var queries: Int = 200

  @Option(help: ArgumentHelp("Average a stochastic policy's answers over this many draws.", valueName: "n"))
  var expectation: Int?

  @Flag(help: "Take a transform without gradient for the identity on the way back.")
  var straightThrough = false

  @Option(
    help: ArgumentHelp(
      "Episodes from which frames come, and over which returns are means; at least five.", valueName: "n"))
  var episodes: Int = 64

  @OptionGroup var threat: ThreatOptions
  @OptionGroup var transfer: SurrogateOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    // Twice as many are tried, too, and an attack takes 100,000.
    for (name, value) in [("steps", steps), ("restarts", restarts)] {
      try require(name, value, in: 1...50_000)
    }
    for (name, value) in [("tries", tries), ("queries", queries)] {
      try require(name, value, in: 1...10_000_000)
    }
    try require("expectation", expectation, in: 1...PlanOptions.mostDraws)
    // Checks are intervals over episodes.
    try require("episodes", episodes, in: Statistics.fewestForInterval...PlayOptions.most)
    guard threat.knowledge == .weights, threat.share == 1 else {
      throw ValidationError(
        "--knowledge and --share: leave them out; the panel knows the weights and attacks every frame of its sample"
      )
    }
  }

  func run(until interruption: Interruption) throws {
    let sizes = try readSizes(epsilons, zero: false)
    let folders = try common.folders()
    let subject = try NamedPolicy(policy, in: folders)
    let description = subject.file.description
    if straightThrough, !(subject.file.victim is any ObscuredPolicy) {
      throw Failure(
        "--straight-through: leave it out; the policy has no transform without a gradient", status: EX_DATAERR
      )
    }
    let second = try transfer.surrogate(for: subject, in: folders)?.policy
    if let second, let size = sizes.first {
      let plan = AttackPlan(try AttackChoice("pgd"), expectation: expectation)
      try subject.check(
        .init(plan, threat: threat.threat(size, for: description.frame)), of: subject.file.victim,
        searchingOn: second)
    }
    var line = ProgressLine("selftest", unit: "stages")
    var panels: [Panel.Report] = []
    var total = 0
    var failure: (any Error)?
    for size in sizes {
      let panel = Panel(
        Evaluation(
          environment: subject.environment, frames: description.frames, seed: compute.seed, episodes: episodes
        ),
        within: threat.threat(size, for: description.frame), steps: steps, restarts: restarts, tries: tries,
        queries: queries, expectation: expectation, isStraightThrough: straightThrough,
        surrogate: second)
      do {
        panels.append(
          try panel.run(
            subject.file.victim, workers: compute.workers,
            progress: { done, of in
              total = of * sizes.count
              line.update(panels.count * of + done, of: total)
            }, continuing: { !interruption.isAsked }))
      } catch {
        // What other sizes have shown is told, whatever came after it.
        guard !panels.isEmpty else { throw error }
        failure = error
        break
      }
    }
    if failure == nil { line.finish(total, of: total) }
    warn(panels.compactMap(\.threat.warning))
    if common.json {
      try printJSON(
        panels.map {
          PanelOutput(
            policy: policy, environment: subject.environment.id, surrogate: transfer.surrogate,
            seed: compute.seed, report: $0)
        })
    } else {
      for (index, report) in panels.enumerated() {
        if index > 0 { print() }
        show(report, of: subject)
      }
    }
    if let failure { throw failure }
    // Distinct from all statuses of errors: the run is fine, the policy is not.
    if panels.contains(where: { $0.status == .red }) { throw ExitCode(1) }
  }

  private func show(_ report: Panel.Report, of subject: NamedPolicy) {
    print(
      "\(policy) in \(subject.environment.id): \(report.plan); \(report.threat); "
        + "threat model \(report.threat.stableHash)")
    print(
      "\(report.frames) frames of \(report.episodes) episodes from seed \(compute.seed); "
        + (transfer.surrogate.map { "transfer from \($0); " } ?? "") + "[ ] is a 95% interval over episodes")
    var table = Table(["", "check", "figures"], leftColumns: 3)
    for check in report.checks { table.append([check.status.rawValue, check.name, check.figuresText]) }
    print(table.text)
    for check in report.checks where check.status > .green { print("\(check.name): \(check.sentence)") }
    print(report.verdict)
  }
}

/// A panel for machines.
private struct PanelOutput: Encodable {
  let policy: String
  let environment: String
  /// On which "pgd ≥ transfer" searched; nil for a copy that was taught.
  let surrogate: String?
  let seed: UInt64
  let attack: String
  let threat: String
  let threatHash: String
  let epsilon: String
  let frames: Int
  let episodes: Int
  let flipRate: Double?
  let status: Check.Status
  let verdict: String
  let checks: [Check]

  init(policy: String, environment: String, surrogate: String?, seed: UInt64, report: Panel.Report) {
    self.policy = policy
    self.environment = environment
    (self.surrogate, self.seed) = (surrogate, seed)
    attack = report.plan.description
    threat = report.threat.description
    threatHash = report.threat.stableHash
    epsilon = report.threat.epsilon.description
    (frames, episodes, flipRate) = (report.frames, report.episodes, report.flipRate)
    (status, verdict, checks) = (report.status, report.verdict, report.checks)
  }
}

extension Check {
  /// `pgd 43.2%, fgsm 41.0%, lead -2.2% [-4.0%, -0.4%]`.
  fileprivate var figuresText: String {
    figures.map { figure in
      func text(_ value: Double) -> String {
        figure.isShare ? String(format: "%.1f%%", value * 100) : Self.plain(value)
      }
      let interval = figure.interval.map { " [\(text($0.lowerBound)), \(text($0.upperBound))]" } ?? ""
      return "\(figure.name) \(text(figure.value))\(interval)"
    }.joined(separator: ", ")
  }

  private static func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : String(format: "%.3f", value)
  }
}

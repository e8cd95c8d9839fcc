import Agents
import ArgumentParser
import Attacks
import Defenses
import Environments
import Foundation
import Networks
import Policies

/// Trains a policy.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a policy, plain or hardened.",
    discussion: """
      The run folder gets last.safetensors (the policy with all that is to be known of it) and metrics.csv. Ctrl-C stops \
      cleanly and keeps what was learned.

      Examples:
        hoodwink train catch-v1 --agent dqn --steps 60000 --output runs/plain
        hoodwink train catch-v1 --agent dqn --defense adversarial --epsilon 32/255 --output runs/hardened
        hoodwink train catch-v1 --defense sa-dqn:weight=0.2+adversarial:attack=pgd:steps=5 --epsilon 16/255
        hoodwink train catch-v1 --agent ppo --network minatar-cnn --steps 300000
        hoodwink train lava-bridge-v1 --agent reinforce --seed 7
      """)

  @Argument(help: "The environment's id: see hoodwink list environments.")
  var environment: String

  @Option(help: "Who learns: dqn, ppo or reinforce.")
  var agent: AgentKind = .dqn

  @Option(
    name: .customLong("steps"),
    help: ArgumentHelp(
      "Environment steps.", discussion: "By default 60000 for dqn, 300000 for ppo, 450000 for reinforce.",
      valueName: "n"))
  var requestedSteps: Int?

  private var steps: Int {
    switch agent {
    case .dqn: requestedSteps ?? 60_000
    case .ppo: requestedSteps ?? 300_000
    case .reinforce: requestedSteps ?? 450_000
    }
  }

  @Option(
    help: ArgumentHelp(
      "Harden the policy: see hoodwink list defenses.",
      discussion: "A name with parameters, several joined by +: sa-dqn:weight=0.2+adversarial:attack=pgd.",
      valueName: "name"))
  var defense: String?

  /// The defenses asked for.
  private func plan() throws -> DefensePlan? {
    try defense.map { try DefensePlan($0, epsilon: epsilon) }
  }

  // A negative size must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of the defense's perturbations: 8/255 or 0.03.", valueName: "size"))
  var epsilon: Epsilon?

  @Option(
    help: ArgumentHelp(
      "The run folder.", discussion: "By default runs/ENVIRONMENT-AGENT-SEED.", valueName: "folder"))
  var output: String?

  @OptionGroup(title: "The network") var network: NetworkOptions
  @OptionGroup(title: "Every agent") var general: AgentOptions
  @OptionGroup(title: "dqn") var deepQLearning: DQNOptions
  @OptionGroup(title: "ppo and reinforce") var policyGradient: PolicyGradientOptions
  @OptionGroup(title: "ppo") var proximal: PPOOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  /// The agent's settings: its defaults, and what was given.
  private func configuration() throws -> any AgentConfiguration {
    func refuse(_ options: [any SettingOptions]) throws {
      for option in options.flatMap(\.given) {
        throw ValidationError("\(option) is not an option of \(agent.rawValue)")
      }
    }
    switch agent {
    case .dqn:
      try refuse([policyGradient, proximal])
      return deepQLearning.applied(to: general.applied(to: DQN.Configuration(), network: network))
    case .ppo:
      try refuse([deepQLearning])
      return proximal.applied(
        to: policyGradient.applied(to: general.applied(to: PPO.Configuration(), network: network)))
    case .reinforce:
      try refuse([deepQLearning, proximal])
      return policyGradient.applied(to: general.applied(to: REINFORCE.Configuration(), network: network))
    }
  }

  func validate() throws {
    guard steps > 0 else { throw ValidationError("--steps must be at least 1, not \(steps)") }
    _ = try configuration()
    do { _ = try plan() } catch { throw ValidationError("--defense: \(error)") }
    if defense == nil, epsilon != nil {
      throw ValidationError("--epsilon is the defense's: add --defense adversarial, say")
    }
  }

  private struct Summary: Encodable {
    let run: String
    let environment: String
    let agent: String
    let defense: String?
    let seed: UInt64
    let steps: Int
    let recentReturn: Double?
    let isFinished: Bool
  }

  func run() throws {
    let interruption = Interruption()
    let definition = try common.folders().catalog().definition(for: environment)
    let folder = URL(fileURLWithPath: output ?? "runs/\(environment)-\(agent)-\(compute.seed)")
    let policyURL = folder.appendingPathComponent("last.safetensors")
    guard !FileManager.default.fileExists(atPath: policyURL.path) else {
      throw Failure(
        "\(folder.path) holds a run already: choose another folder with --output", status: EX_CANTCREAT)
    }
    let plan = try plan()
    let name = plan?.description
    var run = try TrainingRun(
      .init(
        configuration(), steps: steps, seed: compute.seed, defense: name, inference: plan?.inference ?? []),
      in: definition, hardening: plan?.collection, loss: plan?.loss, workers: compute.workers)
    if let name { FileHandle.standardError.write(Data("defense: \(name)\n".utf8)) }
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw Failure("\(folder.path): the folder cannot be made", status: EX_CANTCREAT)
    }
    // Before hours are spent: can anything be written there?
    var metrics = "steps,recent_return,loss\n"
    let metricsURL = folder.appendingPathComponent("metrics.csv")
    try AtomicFile.write(Data(metrics.utf8), to: metricsURL)

    var line = ProgressLine("\(environment) \(agent)\(defense == nil ? "" : " hardened")", unit: "steps")
    var saved = 0
    func details(_ progress: TrainingRun.Progress) -> String {
      let text = progress.recentReturn.map { String(format: "return %.2f", $0) } ?? ""
      return text + (progress.loss.map { String(format: "  loss %.4f", $0) } ?? "")
    }
    func save() throws {
      try run.policyFile.write(to: policyURL)
      try AtomicFile.write(Data(metrics.utf8), to: metricsURL)
    }
    while !run.isFinished && !interruption.isAsked {
      try run.advance()
      let progress = run.progress
      line.update(min(progress.steps, steps), of: steps, details(progress))
      let twentieth = progress.steps * 20 / steps
      if twentieth > saved {
        saved = twentieth
        let recent = progress.recentReturn.map { "\($0)" } ?? ""
        metrics += "\(progress.steps),\(recent),\(progress.loss.map { "\($0)" } ?? "")\n"
        try save()
      }
    }
    try save()
    let progress = run.progress
    line.finish(min(progress.steps, steps), of: steps, details(progress))
    if common.json {
      try printJSON(
        Summary(
          run: folder.path, environment: environment, agent: agent.rawValue, defense: name,
          seed: compute.seed,
          steps: progress.steps, recentReturn: progress.recentReturn, isFinished: run.isFinished))
    } else {
      print(policyURL.relativePath)
    }
    if !run.isFinished {
      throw Failure(
        "stopped after \(progress.steps) steps; what was learned is in \(policyURL.path)", status: 130)
    }
  }
}

extension AgentKind: ExpressibleByArgument {}

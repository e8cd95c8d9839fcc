import Agents
import ArgumentParser
import Attacks
import Policies

/// All that a recipe can hold, as options under the same names.
struct TrainingOptions: ParsableArguments {
  @Option(help: "Who learns: dqn, ppo or reinforce. (dqn)")
  var agent: AgentKind?

  @Option(
    help: ArgumentHelp(
      "Environment steps, to the end of what has begun then: a step of all lanes, of ppo and reinforce a horizon.",
      discussion: "By default "
        + AgentKind.allCases.map { "\($0.usualSteps) for \($0.rawValue)" }.joined(separator: ", ") + ".",
      valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Every random draw follows from this number. (0)", valueName: "seed"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Train so many policies, from this seed on, and report their interquartile mean. (1)", valueName: "n"))
  var seeds: Int?

  @Option(
    help: ArgumentHelp(
      "Begin with a trained policy of the same network and agent; ppo and reinforce take each other's. (drawn weights)",
      discussion: "A run folder, a file, or a name in Policies.", valueName: "policy"))
  var startFrom: String?

  @Option(
    help: ArgumentHelp(
      "Harden the policy: see hoodwink list defenses.",
      discussion: "A name with parameters, several joined by +: sa-dqn:weight=0.2+adversarial:attack=pgd.",
      valueName: "name"))
  var defense: String?

  // A negative size must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The size of the defense's perturbations: 8/255 or 0.03.", valueName: "size"))
  var epsilon: Epsilon?

  @Option(
    help: ArgumentHelp(
      "How often to save the run: after so many steps, or 30s, 5m, 1h. (5m)", valueName: "interval"))
  var checkpointEvery: CheckpointInterval?

  @Option(
    help: ArgumentHelp(
      "Environment steps between evaluations, 0 for none. (a twentieth of the run)", valueName: "n"))
  var evaluateEvery: Int?

  @Option(help: ArgumentHelp("Episodes of an evaluation. (20)", valueName: "n"))
  var evaluationEpisodes: Int?

  @OptionGroup(title: "The network") var network: NetworkOptions
  @OptionGroup(title: "Every agent") var general: AgentOptions
  @OptionGroup(title: "dqn") var deepQLearning: DQNOptions
  @OptionGroup(title: "ppo and reinforce") var policyGradient: PolicyGradientOptions
  @OptionGroup(title: "ppo") var proximal: PPOOptions

  func validate() throws {
    try require("steps", steps, in: 1...1_000_000_000_000)
    try require("seeds", seeds, in: 1...1000)
    try require("evaluate-every", evaluateEvery, in: 0...1_000_000_000_000)
    try require("evaluation-episodes", evaluationEpisodes, in: 1...100_000)
  }

  /// The options above that are no agent's settings.
  private static let runOptions: [(name: String, isGiven: @Sendable (Self) -> Bool)] = [
    ("agent", { $0.agent != nil }), ("steps", { $0.steps != nil }), ("seed", { $0.seed != nil }),
    ("seeds", { $0.seeds != nil }), ("start-from", { $0.startFrom != nil }),
    ("defense", { $0.defense != nil }), ("epsilon", { $0.epsilon != nil }),
    ("checkpoint-every", { $0.checkpointEvery != nil }), ("evaluate-every", { $0.evaluateEvery != nil }),
    ("evaluation-episodes", { $0.evaluationEpisodes != nil }),
  ]

  private static let configurations = AgentKind.allCases.map(\.optionedDefaults)

  /// The names of all options.
  static let names = (runOptions.map(\.name) + configurations.flatMap(\.names)).distinct()

  /// The names of the options that take no value on the command line.
  static let flags = Set(configurations.flatMap(\.flags))

  /// The names of the options that an agent has.
  static func names(of agent: AgentKind) -> [String] {
    runOptions.map(\.name) + agent.optionedDefaults.names
  }

  /// The names of those that were given.
  var given: [String] {
    Self.runOptions.filter { $0.isGiven(self) }.map(\.name)
      // Several agents have an option in common.
      + Self.configurations.flatMap { $0.names(givenIn: self) }.distinct()
  }
}

extension AgentKind: ExpressibleByArgument {}
extension CheckpointInterval: ExpressibleByArgument {
  /// Reads `50000`, `30s`, `5m` and `1h`.
  public init?(argument: String) { self.init(argument) }
}

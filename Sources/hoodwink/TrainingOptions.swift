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
      "Environment steps.",
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

  private static let sharedNames =
    runOptions.map(\.name) + NetworkOptions.settings(of: DQN.Configuration.self).map(\.name)
    + AgentOptions.settings(of: DQN.Configuration.self).map(\.name)
  private static let gradientNames = PolicyGradientOptions.settings(of: PPO.Configuration.self).map(\.name)

  /// The names of all options.
  static let names =
    sharedNames + DQNOptions.settings.map(\.name) + gradientNames + PPOOptions.settings.map(\.name)

  /// The names of the options that take no value on the command line.
  static let flags = Set(
    flags(of: NetworkOptions.settings(of: DQN.Configuration.self))
      + flags(of: AgentOptions.settings(of: DQN.Configuration.self)) + flags(of: DQNOptions.settings)
      + flags(of: PolicyGradientOptions.settings(of: PPO.Configuration.self)) + flags(of: PPOOptions.settings)
  )

  private static func flags<Options, Configuration>(of settings: [Setting<Options, Configuration>])
    -> [String]
  {
    settings.filter(\.isFlag).map(\.name)
  }

  /// The names of the options that an agent has.
  static func names(of agent: AgentKind) -> [String] {
    switch agent {
    case .dqn: sharedNames + DQNOptions.settings.map(\.name)
    case .ppo: sharedNames + gradientNames + PPOOptions.settings.map(\.name)
    case .reinforce: sharedNames + gradientNames
    }
  }

  /// The names of those that were given.
  var given: [String] {
    Self.runOptions.filter { $0.isGiven(self) }.map(\.name)
      + NetworkOptions.settings(of: DQN.Configuration.self).filter { $0.isGiven(network) }.map(\.name)
      + AgentOptions.settings(of: DQN.Configuration.self).filter { $0.isGiven(general) }.map(\.name)
      + DQNOptions.settings.filter { $0.isGiven(deepQLearning) }.map(\.name)
      + PolicyGradientOptions.settings(of: PPO.Configuration.self).filter { $0.isGiven(policyGradient) }.map(
        \.name)
      + PPOOptions.settings.filter { $0.isGiven(proximal) }.map(\.name)
  }

  /// Sets what options give of some settings.
  private func apply<Options, Configuration>(
    _ settings: [Setting<Options, Configuration>], of options: Options, to configuration: inout Configuration
  ) {
    for setting in settings { setting.apply(options, &configuration) }
  }

  /// Sets what was given in an agent's configuration.
  func apply(to configuration: inout any AgentConfiguration) {
    func general<Configuration: AgentConfiguration>(_ configuration: Configuration) -> Configuration {
      var configuration = configuration
      apply(NetworkOptions.settings(of: Configuration.self), of: network, to: &configuration)
      apply(AgentOptions.settings(of: Configuration.self), of: self.general, to: &configuration)
      return configuration
    }
    func gradient<Configuration: PolicyGradientConfiguration>(_ configuration: Configuration) -> Configuration
    {
      var configuration = configuration
      apply(PolicyGradientOptions.settings(of: Configuration.self), of: policyGradient, to: &configuration)
      return configuration
    }
    switch configuration {
    case let own as DQN.Configuration:
      var own = general(own)
      apply(DQNOptions.settings, of: deepQLearning, to: &own)
      configuration = own
    case let own as PPO.Configuration:
      var own = gradient(general(own))
      apply(PPOOptions.settings, of: proximal, to: &own)
      configuration = own
    case let own as REINFORCE.Configuration: configuration = gradient(general(own))
    default: preconditionFailure("an agent without options: \(configuration.kind)")
    }
  }

  /// The names and values of all settings of a configuration, as options and recipes write them.
  static func texts(of configuration: any AgentConfiguration) -> [(name: String, value: String)] {
    func texts<Options, Configuration>(
      _ settings: [Setting<Options, Configuration>], _ configuration: Configuration
    ) -> [(name: String, value: String)] {
      settings.compactMap { setting in setting.text(configuration).map { (setting.name, $0) } }
    }
    func general<Configuration: AgentConfiguration>(
      _ configuration: Configuration
    ) -> [(name: String, value: String)] {
      texts(NetworkOptions.settings(of: Configuration.self), configuration)
        + texts(AgentOptions.settings(of: Configuration.self), configuration)
    }
    func gradient<Configuration: PolicyGradientConfiguration>(
      _ configuration: Configuration
    ) -> [(name: String, value: String)] {
      general(configuration)
        + texts(PolicyGradientOptions.settings(of: Configuration.self), configuration)
    }
    switch configuration {
    case let own as DQN.Configuration: return general(own) + texts(DQNOptions.settings, own)
    case let own as PPO.Configuration: return gradient(own) + texts(PPOOptions.settings, own)
    case let own as REINFORCE.Configuration: return gradient(own)
    default: preconditionFailure("an agent without options: \(configuration.kind)")
    }
  }
}

extension AgentKind: ExpressibleByArgument {}
extension CheckpointInterval: ExpressibleByArgument {
  /// Reads `50000`, `30s`, `5m` and `1h`.
  public init?(argument: String) { self.init(argument) }
}

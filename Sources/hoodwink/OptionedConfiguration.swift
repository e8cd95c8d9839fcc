import Agents
import Policies

/// An agent's configuration that options and recipes can set. A new agent's conforms here.
protocol OptionedConfiguration: AgentConfiguration {
  /// All that can be set, in the order in which recipes write it.
  static var settings: [Setting<Self>] { get }
}

extension DQN.Configuration: OptionedConfiguration {
  static var settings: [Setting<Self>] {
    NetworkOptions.settings() + AgentOptions.settings() + DQNOptions.settings
  }
}

extension PPO.Configuration: OptionedConfiguration {
  static var settings: [Setting<Self>] {
    NetworkOptions.settings() + AgentOptions.settings() + PolicyGradientOptions.settings()
      + PPOOptions.settings
  }
}

extension REINFORCE.Configuration: OptionedConfiguration {
  static var settings: [Setting<Self>] {
    NetworkOptions.settings() + AgentOptions.settings() + PolicyGradientOptions.settings()
  }
}

extension OptionedConfiguration {
  /// The names of its options.
  var names: [String] { Self.settings.map(\.name) }

  /// The names of those that take no value on the command line.
  var flags: [String] { Self.settings.filter(\.isFlag).map(\.name) }

  /// The names of those that were given.
  func names(givenIn options: TrainingOptions) -> [String] {
    Self.settings.filter { $0.isGiven(options) }.map(\.name)
  }

  /// Sets what was given.
  mutating func set(_ options: TrainingOptions) {
    for setting in Self.settings { setting.apply(options, &self) }
  }

  /// The names and values of all settings, as options and recipes write them.
  var texts: [(name: String, value: String)] {
    Self.settings.compactMap { setting in setting.text(self).map { (setting.name, $0) } }
  }
}

extension AgentKind {
  /// The agent's settings when nothing is set, with the options that set them.
  var optionedDefaults: any OptionedConfiguration {
    guard let configuration = defaults as? any OptionedConfiguration else {
      preconditionFailure("an agent without options: \(self)")
    }
    return configuration
  }
}

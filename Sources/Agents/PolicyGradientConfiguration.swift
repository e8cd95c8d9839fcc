import Networks

/// What can be set of an agent that learns by policy gradients.
public protocol PolicyGradientConfiguration: AgentConfiguration {
  /// Whether actor and critic look at the same features.
  var isShared: Bool { get set }
  /// Steps of each environment between updates, at least 1.
  var horizon: Int { get set }
  /// The weight of the value's loss.
  var valueWeight: Float { get set }
  /// The weight of the entropy over the run.
  var entropyBonus: Schedule { get set }
}

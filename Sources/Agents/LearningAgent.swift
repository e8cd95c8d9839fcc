import Networks
import Policies

/// What learns: collects experience and improves its policy, a bit at a time.
public protocol LearningAgent: Sendable {
  /// All that learning changes: weights, moments, replay, environments, random streams, counters.
  associatedtype State: Codable & Sendable

  /// The policy as learned so far.
  var policy: NetworkPolicy { get }
  /// What estimates the policy's returns, for attacks that need its values; nil for agents without.
  var critic: Network? { get }
  /// The policy as attacks see it, with its values where it has any.
  var victim: any DifferentiablePolicy { get }
  /// Environment steps made so far.
  var steps: Int { get }
  /// The names under which updates tell of themselves in files: loss, entropy, learning_rate, …
  static var measures: [String] { get }

  /// Collects some experience and learns from it.
  ///
  /// - Parameters:
  ///   - progress: the share of the run that has passed, 0 to 1.
  ///   - hardening: what changes the experience; nil for none.
  /// - Throws: ``TrainingError`` when a loss is not finite; `AttackError` from the hardening's attacker.
  mutating func advance(progress: Float, hardening: (any CollectionDefense)?) throws -> TrainingUpdate

  /// Begins with what a trained policy has learned instead of with drawn weights; before the first step, and before
  /// ``harden(by:)``.
  /// - Throws: ``ConfigurationError`` when the policy is another agent's or another network's.
  mutating func start(from file: PolicyFile) throws

  /// Changes what the agent learns from here on.
  /// - Throws: ``ConfigurationError`` when the defense is not for this agent or this network.
  mutating func harden(by recipe: any LossDefenseRecipe) throws

  /// Whether ``savedState()`` holds all that learning changes, so that who goes on from it does so bit for bit.
  var savesAll: Bool { get }

  /// What ``restore(_:)`` needs to go on from here, bit for bit.
  /// - Throws: what the encoder throws for an environment whose state cannot be encoded.
  func savedState() throws -> State

  /// Goes on where an agent of the same settings in the same environments was.
  /// - Throws: `DecodingError` for the state of another agent.
  mutating func restore(_ state: State) throws
}

extension LearningAgent {
  /// True by default.
  public var savesAll: Bool { true }

  /// None by default.
  public var critic: Network? { nil }

  /// The policy, with its critic's values.
  public var victim: any DifferentiablePolicy {
    critic.map { ActorCriticPolicy(policy, critic: $0) } ?? policy
  }
}

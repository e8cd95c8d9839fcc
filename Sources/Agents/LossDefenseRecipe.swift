import Networks
import Policies

/// What a person names of a defense in the loss: its settings. With an agent's policy it gives a defense.
public protocol LossDefenseRecipe: Sendable {
  /// The defense for a run, with the agent's policy as it is at first.
  ///
  /// - Parameters:
  ///   - policy: observations to Q-values or logits.
  ///   - kind: who learns.
  ///   - range: the valid values of an observation.
  ///   - seed: of the run.
  /// - Throws: ``ConfigurationError`` when the defense is not for this agent or this network.
  func defense(for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64) throws
    -> any LossDefense

  /// Whether it looks back at the policy that the run starts from, and so makes no sense without one.
  var needsStart: Bool { get }

  /// The names under which the defense and its terms tell of themselves in files, `defense_loss` included.
  var measures: [String] { get }

  /// Those among the ``measures`` that tell how much is asked for just now.
  var hardnessMeasures: [String] { get }
}

extension LossDefenseRecipe {
  /// False by default.
  public var needsStart: Bool { false }

  /// The term, the size and the weight.
  public var measures: [String] { ["defense_loss", "defense_epsilon", "defense_weight"] }

  /// The size and the weight.
  public var hardnessMeasures: [String] { ["defense_epsilon", "defense_weight"] }
}

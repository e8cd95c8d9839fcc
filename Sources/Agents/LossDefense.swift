import Foundation
import Networks
import Policies
import Tensors

/// A defense at the second of three seams: it changes what the agent learns. It may learn something of its own on the way.
public protocol LossDefense: Sendable {
  /// Starts with the agent's policy as it is at first.
  ///
  /// - Parameters:
  ///   - policy: observations to Q-values or logits.
  ///   - kind: who learns.
  ///   - range: the valid values of an observation.
  ///   - seed: of the run.
  /// - Throws: ``ConfigurationError`` when the defense is not for this agent or this network.
  mutating func begin(with policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64)
    throws

  /// What one update adds to the agent's loss.
  ///
  /// - Parameters:
  ///   - experience: what the update learns from.
  ///   - policy: observations to Q-values or logits, before the update.
  ///   - update: the number of updates before this one.
  ///   - progress: the share of the run that has passed, 0 to 1.
  ///   - workers: threads; the result does not depend on their number.
  /// - Returns: nil for nothing, while the defense waits.
  mutating func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) throws -> LossTerm?

  /// Whether it looks back at the policy that the run starts from, and so makes no sense without one.
  var needsStart: Bool { get }

  /// The names under which the defense and its terms tell of themselves in files, `defense_loss` included.
  var measures: [String] { get }

  /// Those among the ``measures`` that tell how much is asked for just now.
  var hardnessMeasures: [String] { get }

  /// How much is asked for at some point of the run, 0 to 1, also where there is no term yet, and what else is known then: by
  /// names for files.
  func measures(at progress: Float) -> [String: Float]

  /// All that ``term(for:of:update:progress:workers:)`` has learned; nil when that is nothing.
  func savedState() throws -> Data?

  /// Goes on where a defense of the same settings was, after ``begin(with:of:range:seed:)``.
  mutating func restore(_ state: Data) throws
}

extension LossDefense {
  /// No.
  public var needsStart: Bool { false }

  /// The term, the size and the weight.
  public var measures: [String] { ["defense_loss", "defense_epsilon", "defense_weight"] }

  /// The size and the weight.
  public var hardnessMeasures: [String] { ["defense_epsilon", "defense_weight"] }

  /// Nothing.
  public func savedState() throws -> Data? { nil }

  /// Nothing to restore.
  public mutating func restore(_ state: Data) throws {}
}

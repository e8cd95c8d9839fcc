import Foundation
import Networks
import Policies
import Tensors

/// A defense at the second of three seams, at work: it changes what the agent learns. It may learn something of its own on the
/// way.
public protocol LossDefense: Sendable {
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

  /// How much is asked for at some point of the run, 0 to 1, also where there is no term yet, and what else is known then: by
  /// names for files.
  func measures(at progress: Float) -> [String: Float]

  /// All that ``term(for:of:update:progress:workers:)`` has learned; nil when that is nothing.
  func savedState() throws -> Data?

  /// Goes on where a defense of the same recipe was.
  /// - Throws: `DecodingError` for the state of another.
  mutating func restore(_ state: Data) throws
}

extension LossDefense {
  /// Nothing by default.
  public func savedState() throws -> Data? { nil }

  /// Nothing to restore.
  public mutating func restore(_ state: Data) throws {}
}

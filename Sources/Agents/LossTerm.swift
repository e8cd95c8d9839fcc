import Networks
import Tensors

/// What a defense adds to the loss of one update.
public struct LossTerm: Sendable {
  /// Some rows of the experience, as one thread learns from them.
  public struct Shard: Sendable {
    /// Which rows they are.
    public let rows: Range<Int>
    /// Their observations.
    public let observations: Tensor
    /// What the policy gives for these, [rows, actions], on the tape.
    public let scores: Tensor

    /// Rows of the experience.
    public init(rows: Range<Int>, observations: Tensor, scores: Tensor) {
      self.rows = rows
      self.observations = observations
      self.scores = scores
    }
  }

  /// The added loss of some rows of the experience, on the tape: [rows], or whatever has the same sum.
  /// - Parameter policy: observations to Q-values or logits, its parameters on the tape.
  public typealias Value = @Sendable (_ policy: Network, _ shard: Shard) -> Tensor

  /// What the agent's own loss is multiplied by.
  public var ownShare: Float
  /// The added loss, weighted.
  public var value: Value
  /// What DQN adds to the online Q-values of s′ before it chooses the action whose target value counts, [rows, actions],
  /// and the share of its own that stays; nil for nothing.
  public var preference: (share: Float, added: Tensor)?
  /// What is to be known of the term alone, by names for files.
  public var measures: [String: Float]

  /// A term.
  public init(
    ownShare: Float = 1, preference: (share: Float, added: Tensor)? = nil, measures: [String: Float] = [:],
    value: @escaping Value
  ) {
    self.ownShare = ownShare
    self.preference = preference
    self.measures = measures
    self.value = value
  }
}

extension LossTerm {
  /// The agent's loss with this term, and behind it what else the agent wants to know, and the term alone.
  ///
  /// - Parameters:
  ///   - own: the agent's own loss, first, and what else is to be known: sums over the rows, over `count`.
  ///   - count: the rows of the whole batch.
  func added(to own: [Tensor], policy: Network, shard: Shard, count: Int) -> [Tensor] {
    let term = value(policy, shard).sum() / Float(count)
    return [ownShare * own[0] + term] + own.dropFirst() + [term]
  }
}

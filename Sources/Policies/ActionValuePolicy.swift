import Networks
import RandomStreams
import Tensors

/// A policy whose scores are action values: it is worth as much as its best action.
public struct ActionValuePolicy: ValuingPolicy {
  /// Where the Q-values come from.
  public let base: NetworkPolicy

  /// The policy of a network of Q-values.
  public init(_ base: NetworkPolicy) { self.base = base }

  /// The Q-values.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    base.scores(for: observations, memory: &memory, using: &random)
  }

  /// max Q.
  public func values(
    of observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    base.scores(for: observations, memory: &memory, using: &random).max()
  }
}

extension ActionValuePolicy: BoundedPolicy {
  /// That of the Q-values.
  public var network: Network { base.network }
}

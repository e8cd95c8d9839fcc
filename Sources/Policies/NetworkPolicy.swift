import Networks
import RandomStreams
import Tensors

/// A policy whose scores are the outputs of a network, acting greedily on them.
public struct NetworkPolicy: DifferentiablePolicy, Equatable {
  /// Observations to scores.
  public var network: Network

  /// A policy that acts on a network's outputs.
  public init(_ network: Network) { self.network = network }

  /// The network's outputs; nothing is remembered or drawn.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    network(observations)
  }
}

extension NetworkPolicy {
  /// The network's outputs, for those who know that no memory and no randomness is involved.
  public func scores(for observations: Tensor) -> Tensor { network(observations) }
}

import Networks
import RandomStreams
import Tensors

/// A policy whose scores are the outputs of a network, acting greedily on them.
public struct NetworkPolicy: DifferentiablePolicy, Equatable {
  /// Observations to scores.
  public var network: Network

  /// A policy that acts on a network's outputs.
  public init(_ network: Network) { self.network = network }

  /// The network's outputs; nothing is drawn, and nothing remembered but by recurrent layers.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    network(observations, state: &memory.state)
  }
}

extension NetworkPolicy {
  /// The network's outputs for those who keep the memory as it is: at the start of an episode unless told otherwise.
  public func scores(for observations: Tensor, memory: Memory = Memory()) -> Tensor {
    var state = memory.state
    return network(observations, state: &state)
  }
}

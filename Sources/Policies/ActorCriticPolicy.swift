import Networks
import RandomStreams
import Tensors

/// A policy with the critic that it was trained with.
public struct ActorCriticPolicy: ValuingPolicy {
  /// What acts.
  public let actor: NetworkPolicy
  /// Observations to one value. A recurrent critic shares the actor's recurrent layers, and so its memory.
  public let critic: Network

  /// A policy with its critic.
  public init(_ actor: NetworkPolicy, critic: Network) { (self.actor, self.critic) = (actor, critic) }

  /// The actor's logits.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    actor.scores(for: observations, memory: &memory, using: &random)
  }

  /// The critic's estimates.
  public func values(
    of observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    critic(observations, state: &memory.state).reshaped(to: [observations.shape[0]])
  }
}

extension ActorCriticPolicy: BoundedPolicy {
  /// The actor's.
  public var network: Network { actor.network }
}

import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors

/// A policy that shows its scores and no gradient.
struct OpaquePolicy: ScoringPolicy {
  let base: NetworkPolicy
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    base.scores(for: observations, memory: memory).stoppingGradient()
  }
}

/// A policy that shows its actions only.
struct ActionsOnlyPolicy: Policy {
  let base: NetworkPolicy
  func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
    base.scores(for: observations, memory: memory).argmax()
  }
}

/// A policy with noise inside, drawn from its streams.
struct NoisyPolicy: DifferentiablePolicy {
  let base: NetworkPolicy
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let length = observations.count / observations.shape[0]
    let noise = Tensor(shape: observations.shape) { noise in
      for index in noise.indices { noise[index] = 0.1 * Float(random[index / length].normal()) }
    }
    return base.scores(for: observations + noise, memory: memory)
  }
}

/// Three actions from images of 3 × 3 × 2, with a gradient everywhere.
func tanhPolicy() throws -> NetworkPolicy {
  try network(
    [.flatten, .dense(outputs: 8, activation: .tanh), .dense(outputs: 3, activation: .identity)],
    input: [3, 3, 2])
}

/// The same with scores that go up and down: no ascent ends where it is highest. Action 0 leads by so much that nothing flips.
func wavyPolicy() throws -> NetworkPolicy {
  var policy = try tanhPolicy()
  policy.network.parameters[0] = policy.network.parameters[0] * 8
  policy.network.parameters[3] = Tensor([50, 0, 0])
  return policy
}

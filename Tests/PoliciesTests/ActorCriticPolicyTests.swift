import Environments
import Networks
import Policies
import RandomStreams
import Tensors
import Testing

@Suite struct ActorCriticPolicyTests {
  private func linear(_ weights: [Float], bias: [Float]) throws -> Network {
    try Network(
      .init(input: [1, 1, 2], layers: [.flatten, .dense(outputs: bias.count, activation: .identity)]),
      parameters: [Tensor(weights, shape: [2, bias.count]), Tensor(bias)])
  }

  /// V = 2x − y + ½ beside the logits x and y, by hand; a file with a critic gives the same values, with
  /// their gradient.
  @Test func valuesAreTheCritics() throws {
    let policy = ActorCriticPolicy(
      NetworkPolicy(try linear([1, 0, 0, 1], bias: [0, 0])), critic: try linear([2, -1], bias: [0.5]))
    let file = PolicyFile(
      policy: policy.actor, critic: policy.critic,
      description: .init(
        environment: "somewhere-v1", environmentHash: "00ff",
        frame: BoxSpace(height: 1, width: 1, channels: 2), frames: 1, actions: ["left", "right"],
        agent: .ppo, seed: 0, steps: 0, configuration: [:]))
    let observations = Tensor([1, 0, 0, 1, 0.25, 0.5], shape: [3, 1, 1, 2])
    for victim in [policy, try #require(file.victim as? any ValuingPolicy)] as [any ValuingPolicy] {
      var (memory, none) = (Memory(), [RandomStream]())
      #expect(
        victim.scores(for: observations, memory: &memory, using: &none).elements == observations.elements)
      let leaf = observations.tracked()
      let values = victim.values(of: leaf, memory: &memory, using: &none)
      #expect(values.shape == [3])
      #expect(values.elements == [2.5, -0.5, 0.5])
      #expect(values.gradientOfSum(at: leaf).elements == [2, -1, 2, -1, 2, -1])
    }
  }
}

import Policies
import RandomStreams
import Tensors

/// What the victim makes of a batch before anything is changed: done once, shared by the criterion, the attack and the
/// count of flips.
public struct CleanPass: Sendable {
  /// [batch, height, width, channels]. On the tape when the victim is differentiable, so that a gradient at these
  /// observations needs no second forward pass.
  public let observations: Tensor
  /// [batch, actions]; nil when the victim shows its actions only.
  public let scores: Tensor?
  /// The action chosen for each observation.
  public let actions: [Int]

  /// Asks the victim, with as much access as its type gives.
  ///
  /// Memory and streams are used as copies: looking at an observation twice must not change the episode.
  public init(
    of observations: Tensor, through victim: any Policy, memory: Memory = Memory(),
    using random: [RandomStream] = []
  ) {
    var (memory, random) = (memory, random)
    let differentiable = victim as? any DifferentiablePolicy
    if let victim: any ScoringPolicy = differentiable ?? (victim as? any ScoringPolicy) {
      self.observations = differentiable == nil ? observations : observations.tracked()
      let scores = victim.scores(for: self.observations, memory: &memory, using: &random)
      actions = scores.argmax()
      self.scores = scores
    } else {
      self.observations = observations
      scores = nil
      actions = victim.act(on: observations, memory: &memory, using: &random)
    }
  }
}

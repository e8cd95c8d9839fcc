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
  /// What the victim remembered when it was asked. Who asks it again passes a copy: looking at an observation twice must
  /// not change the episode.
  public let memory: Memory
  /// The victim's streams when it was asked, to be copied likewise.
  public let random: [RandomStream]

  /// Asks the victim, with as much access as its type gives.
  public init(
    of observations: Tensor, through victim: any Policy, memory: Memory = Memory(),
    using random: [RandomStream] = []
  ) {
    (self.memory, self.random) = (memory, random)
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

import Policies
import RandomStreams
import Tensors

/// Uniform noise in ±ε, the control: an attack that is no better than this has found nothing.
///
/// Access: none. Cost: no pass.
public struct UniformNoise: AttackRecipe, Attack {
  /// The control, which has no parameters.
  public init() {}

  /// The attack; the victim is not looked at.
  public func against(_ victim: any Policy) -> any Attack { self }

  /// Each entry moved by a draw of its own.
  public func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within threat: ThreatModel,
    using random: inout [RandomStream]
  ) -> Tensor {
    let observations = clean.observations.stoppingGradient()
    let length = observations.shape[0] == 0 ? 1 : observations.count / observations.shape[0]
    let noise = Tensor(shape: observations.shape) { noise in
      for index in noise.indices {
        noise[index] = random[index / length].uniform(in: -threat.budget...threat.budget)
      }
    }
    return observations + noise
  }
}

import Policies
import RandomStreams
import Tensors

/// The fast gradient sign method (Goodfellow, Shlens & Szegedy 2015, equation 1) under the max norm:
///
///     x′ = x + ε · sign ∇ₓ loss(scores(x))
///
/// Access: gradients. Cost: one forward pass (the clean one) and one backward pass to the input. An entry whose gradient
/// is exactly zero stays as it is.
public struct FGSM: AttackRecipe, Attack {
  /// The method, which has no parameters: the threat model has the epsilon.
  public init() {}

  /// The attack; the victim's gradient comes with the clean pass.
  public func against(_ victim: any DifferentiablePolicy) -> any Attack { self }

  /// One step of epsilon along the sign of the gradient.
  /// - Precondition: the clean pass has scores on the tape.
  public func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within threat: ThreatModel,
    using random: inout [RandomStream]
  ) -> Tensor {
    guard let scores = clean.scores else { preconditionFailure("FGSM needs the victim's scores") }
    let gradient = criterion.loss(of: scores).sum().gradient(at: clean.observations)
    return clean.observations.stoppingGradient().stepped(by: threat.budget, alongSignOf: gradient)
  }
}

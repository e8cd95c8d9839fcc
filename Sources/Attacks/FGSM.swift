import Policies
import RandomStreams
import Tensors

/// The fast gradient method (Goodfellow, Shlens & Szegedy 2015, equation 1; on policies Huang et al. 2017, section 3.2): one
/// step of steepest ascent in the norm, all of the budget long.
///
///     max   x′ = x + ε · sign ∇ₓ loss(scores(x))
///     l2    x′ = x + ε · ∇ₓ loss / ‖∇ₓ loss‖₂
///     l1    x′ = x + ε · sign(∇ₓ loss)ⱼ at the entry j with the largest slope
///
/// Targeted, the loss is that of the wanted action, with the opposite sign.
///
/// Under the L1 norm this is CleverHans's step, which the range may cut off, all of it where the entry is at the bound already. With
/// `fill` what is cut off goes to the next largest slopes, as far as each has room: the optimum of the linearized loss within
/// the range.
///
/// Access: gradients. Cost: one forward pass (the clean one) and one backward pass to the input. An entry whose gradient
/// is exactly zero stays as it is.
public struct FGSM: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "fgsm", "one step of steepest ascent", needs: .weights, cost: "1 forward, 1 backward")

  /// What can be set.
  public static let parameters: [Parameter<FGSM>] = [
    .loss(\.loss),
    .flag("fill", \.fills, "under the L1 norm: whether what the range cuts off one entry goes to the next"),
  ]

  /// What is climbed.
  public var loss = ScoreLoss.crossEntropy

  /// Under the L1 norm whether what the range cuts off the entry with the largest slope goes to the next.
  public var fills = false

  /// The method.
  public init() {}

  /// One step along the gradient, which comes with the clean pass.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let ascent = clean.ascent(of: victim, raising: criterion, as: loss, using: &random)
    return fills || neighborhood.threat.norm != .l1
      ? neighborhood.step(from: clean.observations, along: ascent.gradient)
      : clean.observations + neighborhood.changesOfLargest(along: ascent.gradient)
  }
}

import Policies
import RandomStreams
import Tensors

/// The basic iterative method (Kurakin, Goodfellow & Bengio 2017, section 2.2): the fast gradient method in small steps, each
/// projected back.
///
///     x₀ = x      xₖ₊₁ = project(xₖ + α · steepest(∇ₓ loss(scores(xₖ))))
///
/// Access: gradients. Cost: `steps` forward (the first is the clean one) and as many backward passes.
///
/// Deviations:
/// 1. α is 2.5·ε/n by default instead of one gray level, so that the number of steps does not limit how far they reach.
/// 2. Under the L2 and the L1 norm the step is the steepest of that norm.
public struct BIM: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "bim", "small projected steps of steepest ascent", needs: .weights, cost: "n forward, n backward")

  /// What can be set.
  public static let parameters: [Parameter<BIM>] = [
    .steps(\.steps),
    .stepSize(\.stepSize),
    .loss(\.loss),
    .earlyStop(\.stopsEarly),
  ]

  /// The number of steps.
  public var steps = 10
  /// The length of a step; nil for 2.5·ε/n.
  public var stepSize: Epsilon?
  /// What is climbed.
  public var loss = ScoreLoss.crossEntropy
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = false

  /// Ten steps.
  public init() {}

  /// Steps from the clean observations.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let share = neighborhood.threat.share(of: stepSize, steps: steps)
    return Climb(steps: steps, loss: loss, stopsEarly: stopsEarly, rule: SteepestClimb(share: share))
      .perturb(clean, of: victim, meeting: criterion, within: neighborhood, using: &random)
  }
}

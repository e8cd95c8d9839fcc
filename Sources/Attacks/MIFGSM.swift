import Policies
import RandomStreams
import Tensors

/// The momentum iterative fast gradient sign method (Dong et al. 2018, algorithm 1).
///
///     g₀ = 0      gₖ₊₁ = μ · gₖ + ∇ₓ loss(xₖ) / ‖∇ₓ loss(xₖ)‖₁      xₖ₊₁ = project(xₖ + α · steepest(gₖ₊₁))
///
/// Access: gradients. Cost: n forward (the first is the clean one) and n backward passes.
///
/// Deviations:
/// 1. α is 2.5·ε/n by default instead of ε/n.
/// 2. Under the L1 norm, which the paper does not have, a step is spent on the entries of largest slope as far as the range lets it.
public struct MIFGSM: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "mifgsm", "projected steps along gradients with momentum", needs: .weights, cost: "n forward, n backward")

  /// What can be set.
  public static let parameters: [Parameter<MIFGSM>] = [
    .steps(\.steps),
    .stepSize(\.stepSize),
    .number("momentum", \.momentum, in: 0...1, "the decay μ of earlier gradients"),
    .loss(\.loss),
    .earlyStop(\.stopsEarly),
  ]

  /// The number of steps.
  public var steps = 10
  /// The length of a step; nil for 2.5·ε/n.
  public var stepSize: Epsilon?
  /// The decay of earlier gradients.
  public var momentum: Float = 1
  /// What is climbed.
  public var loss = ScoreLoss.crossEntropy
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = false

  /// Ten steps with the paper's momentum.
  public init() {}

  /// Steps from the clean observations.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let share = neighborhood.threat.share(of: stepSize, steps: steps)
    return Climb(
      steps: steps, loss: loss, stopsEarly: stopsEarly, rule: MomentumClimb(share: share, momentum: momentum)
    ).perturb(clean, of: victim, meeting: criterion, within: neighborhood, using: &random)
  }
}

/// Steps along a decaying sum of gradients, each scaled to an L1 norm of 1.
private struct MomentumClimb: ClimbRule {
  let share: Float
  let momentum: Float
  private var velocity: Tensor?

  init(share: Float, momentum: Float) { (self.share, self.momentum) = (share, momentum) }

  mutating func next(from point: Tensor, along gradient: Tensor, within neighborhood: Neighborhood) -> Tensor
  {
    let gradient = neighborhood.masked(gradient)
    let rows = gradient.shape[0]
    let norms = gradient.abs().reshaped(to: [rows, gradient.count / max(rows, 1)]).sum(alongAxis: 1)
    let scales = Tensor(norms.elements.map { $0 > 0 ? 1 / $0 : 0 }, shape: [rows, 1, 1, 1])
    let sum = velocity.map { $0 * momentum + gradient * scales } ?? gradient * scales
    velocity = sum
    return neighborhood.step(from: point, along: sum, share: share)
  }

  mutating func keep(_ rows: [Int]) { velocity = velocity?.rows(at: rows) }
}

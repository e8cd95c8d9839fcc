import Policies
import RandomStreams
import Tensors

/// Projected ascent by Adam (Kingma & Ba 2015, algorithm 1; as an attack Uesato et al. 2018, section 3.2): steps whose length
/// follows each entry's own gradients.
///
///     g ← ∇ loss / ‖∇ loss‖∞      m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      xₖ₊₁ = project(xₖ + α · m̂ / (√v̂ + 10⁻⁸))
///
/// Access: gradients. Cost: 1 + n forward and n backward passes for a start.
///
/// Deviations:
/// 1. Each gradient is divided by its largest entry, so that the steps weigh alike in the moments, and the attack does not
///    depend on the scale of the scores.
/// 2. Under the L2 and L1 norm the step is the steepest along m̂/√v̂; the method is made for the max norm.
public struct AdamPGD: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "adam", "projected steps by Adam from a random start", needs: .weights, norms: [.max],
    cost: "1 + n forward, n backward a start")

  /// What can be set.
  public static let parameters: [Parameter<AdamPGD>] = [
    .steps(\.steps),
    .restarts(\.restarts),
    .size("step-size", \.stepSize, "the length α of a step, in epsilon's units (2.5·ε/n)"),
    .loss(\.loss),
    .earlyStop(\.stopsEarly),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts.
  public var restarts = 1
  /// The length of a step; nil for 2.5·ε/n.
  public var stepSize: Epsilon?
  /// What is climbed.
  public var loss = ScoreLoss.margin
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = false

  /// Twenty steps up the margin from one random start.
  public init() {}

  /// One start, or the strongest of several.
  public func against(_ victim: any DifferentiablePolicy, learningFrom lesson: Lesson?) -> any Attack {
    starts(restarts, against: victim)
  }

  /// Steps from one start.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let share = neighborhood.threat.share(of: stepSize, steps: steps)
    let start = neighborhood.randomPoints(using: &random)
    return Climb(steps: steps, loss: loss, stopsEarly: stopsEarly, rule: AdamClimb(share: share))
      .perturb(clean, of: victim, from: start, meeting: criterion, within: neighborhood, using: &random)
  }
}

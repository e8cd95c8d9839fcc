import Policies
import RandomStreams
import Tensors

/// Simultaneous perturbation stochastic approximation (Spall 1992; as an attack Uesato et al. 2018, algorithm 1): Adam along
/// gradients that are estimated from scores at random corners around the point.
///
///     g = mean over v ∈ {−1, 1}ⁿ of (loss(x + δv) − loss(x − δv)) / 2δ · v
///
/// Access: scores. Cost: n·(2·samples + 1) forward passes, fewer where it flips early.
///
/// Deviations:
/// 1. The step is a share of epsilon (2.5·ε/n) instead of 0.01.
/// 2. Adam as in ``AdamPGD``: each estimate is divided by its largest entry.
/// 3. The points that are asked about are held to the valid range.
public struct SPSA: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "spsa", "Adam along gradients estimated at random corners", needs: .scores, norms: [.max],
    cost: "up to n·(2·samples + 1) forward")

  /// What can be set.
  public static let parameters: [Parameter<SPSA>] = [
    .steps(\.steps),
    .whole("samples", \.samples, in: 1...1_000_000, "pairs of points for an estimate"),
    .number("delta", \.delta, in: 1e-6...1, "the distance δ of the points, in epsilon's units"),
    .loss(\.loss),
  ]

  /// The number of steps.
  public var steps = 20
  /// Pairs of points for an estimate.
  public var samples = 32
  /// The distance of the points.
  public var delta: Float = 0.01
  /// What is climbed.
  public var loss = ScoreLoss.margin

  /// Twenty steps of 64 points.
  public init() {}

  /// Steps from the clean observations.
  public func perturb(
    _ clean: CleanPass, of victim: any ScoringPolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let estimate = EstimatedGradient(samples: samples, size: delta, loss: loss) { $0.chance(0.5) ? 1 : -1 }
    return EstimatedClimb(
      steps: steps, estimate: estimate, rule: AdamClimb(share: ThreatModel.usualShare(ofSteps: steps))
    )
    .perturb(clean, of: victim, meeting: criterion, within: neighborhood, using: &random)
  }
}

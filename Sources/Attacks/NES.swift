import Policies
import RandomStreams
import Tensors

/// Natural evolution strategies (Ilyas et al. 2018, "Black-box Adversarial Attacks with Limited Queries and Information",
/// section 2.2): projected ascent along gradients that are estimated from scores at normal points around the point, in pairs.
///
///     g = 1/(2σ·samples) · Σ (loss(x + σu) − loss(x − σu)) · u,   u normal      xₖ₊₁ = project(xₖ + α · steepest(g))
///
/// Access: scores. Cost: n·(2·samples + 1) forward passes, fewer where it flips early.
///
/// Deviations:
/// 1. The points that are asked about are held to the valid range.
/// 2. The margin is climbed unless another loss is set (the authors climb the probability of a class).
public struct NES: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "nes", "projected steps along gradients estimated at normal points", needs: .scores,
    cost: "up to n·(2·samples + 1) forward")

  /// What can be set.
  public static let parameters: [Parameter<NES>] = [
    .steps(\.steps),
    .whole("samples", \.samples, in: 1...1_000_000, "pairs of points for an estimate"),
    .number(
      "deviation", \.deviation, in: 1e-6...1, "the standard deviation σ of the points, in epsilon's units"),
    .stepSize(\.stepSize),
    .loss(\.loss),
  ]

  /// The number of steps.
  public var steps = 20
  /// Pairs of points for an estimate.
  public var samples = 32
  /// The standard deviation of the points.
  public var deviation: Float = 0.001
  /// The length of a step; nil for 2.5·ε/n.
  public var stepSize: Epsilon?
  /// What is climbed.
  public var loss = ScoreLoss.margin

  /// Twenty steps of 64 points with the paper's deviation.
  public init() {}

  /// Steps from the clean observations.
  public func perturb(
    _ clean: CleanPass, of victim: any ScoringPolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let estimate = EstimatedGradient(samples: samples, size: deviation, loss: loss) { Float($0.normal()) }
    let share = neighborhood.threat.share(of: stepSize, steps: steps)
    return EstimatedClimb(steps: steps, estimate: estimate, rule: SteepestClimb(share: share))
      .perturb(clean, of: victim, meeting: criterion, within: neighborhood, using: &random)
  }
}

import Policies
import RandomStreams
import Tensors

/// Projected gradient descent (Madry et al. 2018, section 2.1): steps of steepest ascent from a random start in the
/// neighborhood, and again from other starts.
///
///     x₀ = uniform in the neighborhood      xₖ₊₁ = project(xₖ + α · steepest(∇ₓ loss(scores(xₖ)))), α = 2.5·ε/n
///
/// With restarts an observation keeps the first result that meets the criterion, else the one with the largest margin; only
/// observations that no start has flipped start again.
///
/// Access: gradients. Cost: 1 + n forward and n backward passes for a start, and one forward pass more for each where there are
/// several.
public struct PGD: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "pgd", "projected steps from random starts", needs: .weights,
    cost: "1 + n forward, n backward a start")

  /// What can be set.
  public static let parameters: [Parameter<PGD>] = [
    .steps(\.steps),
    .restarts(\.restarts),
    .stepSize(\.stepSize),
    .flag(
      "random-start", \.startsRandomly,
      "whether a start is drawn; without, the one start is the clean observation"),
    .loss(\.loss),
    .earlyStop(\.stopsEarly),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts.
  public var restarts = 1
  /// The length of a step; nil for 2.5·ε/n.
  public var stepSize: Epsilon?
  /// Whether a start is drawn.
  public var startsRandomly = true
  /// What is climbed.
  public var loss = ScoreLoss.crossEntropy
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = false

  /// Twenty steps from one random start.
  public init() {}

  /// One start, or the strongest of several.
  /// - Throws: ``AttackError`` when all starts would be the same.
  public func against(_ victim: any DifferentiablePolicy, learningFrom lesson: Lesson?) throws -> any Attack {
    guard startsRandomly || restarts == 1 else {
      throw AttackError(
        "pgd: without a random start all \(restarts) starts are the clean observation: restarts and random-start=no "
          + "contradict one another")
    }
    return starts(restarts, against: victim)
  }

  /// Projected ascent from random starts as a part of another attack.
  static func ascent(steps: Int, restarts: Int, on victim: any DifferentiablePolicy) -> any Attack {
    var recipe = PGD()
    (recipe.steps, recipe.restarts) = (steps, restarts)
    return recipe.starts(restarts, against: victim)
  }

  /// Steps from one start.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let share = neighborhood.threat.share(of: stepSize, steps: steps)
    let start = startsRandomly ? neighborhood.randomPoints(using: &random) : nil
    return Climb(steps: steps, loss: loss, stopsEarly: stopsEarly, rule: SteepestClimb(share: share))
      .perturb(clean, of: victim, from: start, meeting: criterion, within: neighborhood, using: &random)
  }
}

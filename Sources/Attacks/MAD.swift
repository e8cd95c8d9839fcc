import Policies
import RandomStreams
import Tensors

/// The maximal action difference attack (Zhang et al. 2020, "Robust Deep Reinforcement Learning against Adversarial
/// Perturbations on State Observations", section 3.4 and appendix D.3): as far from the clean policy as possible.
///
///     maximize over x′ in the neighborhood  KL(π(x) ‖ π(x′))
///
/// by projected ascent from a random start; at the clean observation itself the divergence has no slope.
///
/// Access: gradients. Cost: 1 + n forward and n backward passes for a start.
///
/// Deviations:
/// 1. Projected ascent with steps of 2.5·ε/n instead of stochastic gradient Langevin dynamics.
/// 2. For policies with Q-values π is their softmax.
public struct MAD: AttackRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "mad", "as far as possible from the clean action distribution", needs: .weights,
    cost: "1 + n forward, n backward a start", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [AttackParameter<MAD>] = [
    .whole("steps", \.steps, in: 1...100_000, "the number of steps n"),
    .whole("restarts", \.restarts, in: 1...100_000, "the number of starts"),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts.
  public var restarts = 1

  /// Twenty steps from one start.
  public init() {}

  /// Away from the clean distribution.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    guard let scores = clean.scores else { preconditionFailure("the attacker grants what MAD needs") }
    return PGD.ascent(steps: steps, restarts: restarts).against(victim).perturb(
      clean, meeting: PolicyDivergence(from: scores), within: neighborhood, using: &random)
  }
}

extension PGD {
  /// Projected ascent as a part of another attack.
  static func ascent(steps: Int, restarts: Int) -> PGD {
    var recipe = PGD()
    (recipe.steps, recipe.restarts) = (steps, restarts)
    return recipe
  }
}

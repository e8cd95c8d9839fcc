import Policies
import RandomStreams
import Tensors

/// Targeted at the action that the victim itself likes least at the clean observation (Pattanaik et al. 2018, section 3, algorithm
/// 3: the worst possible action): the one with the smallest Q-value or logit.
///
///     t = argmin z(x);   maximize over x′ in the neighborhood  log softmax(z(x′))ₜ
///
/// by projected ascent from a random start.
///
/// Access: gradients. Cost: 1 + n forward and n backward passes for a start.
///
/// Deviation: projected ascent instead of the best of points drawn along the gradient's direction.
public struct WorstAction: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "worst-action", "toward the action that the victim likes least", needs: .weights,
    cost: "1 + n forward, n backward a start", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [Parameter<WorstAction>] = [
    .steps(\.steps),
    .restarts(\.restarts),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts.
  public var restarts = 1

  /// Twenty steps from one start.
  public init() {}

  /// Toward the least liked action.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    guard let scores = clean.scores else { preconditionFailure("the attacker grants what the attack needs") }
    return PGD.ascent(steps: steps, restarts: restarts, on: victim).perturb(
      clean, meeting: ActionReached((-scores).argmax()), within: neighborhood, using: &random)
  }
}

import Policies
import RandomStreams
import Tensors

/// The maximal action difference attack (Zhang et al. 2020, "Robust Deep Reinforcement Learning against Adversarial
/// Perturbations on State Observations", section 3.5 and algorithm 3): as far from the clean policy as possible.
///
///     maximize over x′ in the neighborhood  KL(π(x) ‖ π(x′))
///
/// by projected ascent. At the clean observation itself the divergence has no slope, and from a random point it may climb the
/// wrong side, toward a policy that is only surer of itself: the first start is half a step up the margin (a random point where
/// the margin has no slope), the others are random.
///
/// Access: gradients. Cost: 1 + n forward and n + 1 backward passes from one start; from k starts 1 + k(n + 1) and kn + 1, because
/// each start is then judged.
///
/// Deviations:
/// 1. Projected ascent with steps of 2.5·ε/n instead of stochastic gradient Langevin dynamics, whose noise is what leaves the
///    clean observation there, and that first start instead.
/// 2. For policies with Q-values π is their softmax.
public struct MAD: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "mad", "as far as possible from the clean action distribution", needs: .weights,
    cost: "1 + n forward, 1 + n backward; of k starts 1 + k·(n + 1), 1 + k·n", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [Parameter<MAD>] = [
    .steps(\.steps),
    .restarts(\.restarts),
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
    let first = FromMargin(steps: steps, victim: victim)
    let others = Array(repeating: PGD.ascent(steps: steps, restarts: 1, on: victim), count: restarts - 1)
    let attack: any Attack =
      others.isEmpty ? first : Strongest(of: [first] + others, against: victim, knowing: .weights)
    return attack.perturb(
      clean, meeting: PolicyDivergence(from: scores), within: neighborhood, using: &random)
  }

  /// Projected ascent from half a step up the margin.
  private struct FromMargin: Attack {
    let steps: Int
    let victim: any DifferentiablePolicy

    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor {
      let uphill = clean.ascent(
        of: victim, raising: ActionChange(from: clean.preferences), as: .margin, using: &random
      ).gradient
      var start = neighborhood.project(neighborhood.step(from: clean.observations, along: uphill, share: 0.5))
      let still = neighborhood.sizes(of: start).enumerated().filter { $0.element == 0 }.map(\.offset)
      if !still.isEmpty {
        var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
        open.keep(still)
        start.replaceRows(at: still, with: open.neighborhood.randomPoints(using: &open.streams))
        random = open.batchStreams
      }
      return Climb(
        steps: steps, loss: .margin, stopsEarly: false,
        rule: SteepestClimb(share: ThreatModel.usualShare(ofSteps: steps))
      ).perturb(clean, of: victim, from: start, meeting: criterion, within: neighborhood, using: &random)
    }
  }
}

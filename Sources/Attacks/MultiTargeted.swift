import Policies
import RandomStreams
import Tensors

/// The multi-targeted attack (Gowal et al. 2019, "An Alternative Surrogate Loss for PGD-based Adversarial Testing", section 3 and
/// algorithm 1): projected ascent toward one action after the other, because the nearest need not be the one that can be reached.
///
///     for each action t but the clean one a:  maximize over x′ in the neighborhood  z(x′)[t] − z(x′)[a]
///
/// The targets come in the order of their clean scores, the nearest first. An observation keeps the first result that changes its
/// action, to the target or another, else the one with the largest margin.
///
/// Access: gradients. Cost: 1 forward pass, and 1 + n forward and n backward passes for each start toward each target; what is
/// flipped starts no more.
///
/// Deviations:
/// 1. Projected steps of 2.5·ε/n along the steepest ascent instead of Adam's.
/// 2. All actions are targets, of which there are few, and not only the most likely.
public struct MultiTargeted: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "multitargeted", "projected steps toward each other action in turn", needs: .weights,
    cost: "up to 1 + t·(n + 1) forward, t·n backward, t = starts·(actions − 1)", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [Parameter<MultiTargeted>] = [
    .steps(\.steps),
    .restarts(\.restarts),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts toward each target.
  public var restarts = 1

  /// Twenty steps from one start toward each target.
  public init() {}

  /// The strongest of the ways to each action.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    guard let scores = clean.scores else {
      preconditionFailure("the attacker grants what the multi-targeted attack needs")
    }
    let ascent = PGD.ascent(steps: steps, restarts: 1, on: victim)
    let once: [any Attack] = (1..<max(scores.shape[1], 1)).map { TowardRival(place: $0, ascent: ascent) }
    let attacks = Array(repeating: once, count: restarts).flatMap(\.self)
    // Where the search is on another policy, that one may prefer another action than the victim takes, which is the one to leave.
    let change = criterion as? ActionChange ?? ActionChange(from: clean.preferences)
    return Strongest(of: attacks, against: victim, knowing: .weights).perturb(
      clean, meeting: change, within: neighborhood, using: &random)
  }

  /// Projected ascent toward the action of one place by the clean scores.
  private struct TowardRival: Attack {
    /// Among the actions that are not to be left: 1 for the one with the largest clean score.
    let place: Int
    let ascent: any Attack

    var needs: Knowledge { ascent.needs }

    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor {
      guard let change = criterion as? ActionChange,
        let rivals = clean.scores?.rivals(of: change.cleanActions)
      else {
        preconditionFailure("made for a change of action")
      }
      return ascent.perturb(
        clean,
        meeting: ActionOvertaken(cleanActions: change.cleanActions, rivals: rivals.map { $0[place - 1] }),
        within: neighborhood, using: &random)
    }
  }
}

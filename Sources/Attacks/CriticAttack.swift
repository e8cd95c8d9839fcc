import Policies
import RandomStreams
import Tensors

/// The critic attack (Pattanaik et al. 2018, "Robust Deep Reinforcement Learning with Adversarial Attacks", section 3; for a state
/// value Zhang et al. 2020, section 3.5 and appendix D.1): the observation that the victim itself values least.
///
///     minimize over x′ in the neighborhood  V(x′)        V = max Q for a DQN, the critic for an actor-critic agent
///
/// by projected descent from a random start. Whether the action changes is not its concern.
///
/// Access: gradients, and the victim's value. Cost: 1 + 2·n forward and n backward passes for a start.
///
/// Deviations:
/// 1. V(x′), the value that the victim believes in, is driven down, as Zhang et al. do for critics; Pattanaik et al. look for the
///    observation whose action is worth least where the agent truly is, min Q(s, π(x′)). What looks worthless need not lead to a
///    bad action, and this attack is the weaker for it.
public struct CriticAttack: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "critic", "the observation that the victim values least", needs: .weights, needsValues: true,
    cost: "1 + 2n forward, n backward a start", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [Parameter<CriticAttack>] = [
    .steps(\.steps),
    .restarts(\.restarts),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts.
  public var restarts = 1

  /// Twenty steps from one start.
  public init() {}

  /// Down the value.
  public func perturb(
    _ clean: CleanPass, of victim: any ValuingPolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    PGD.ascent(steps: steps, restarts: restarts, on: victim).perturb(
      clean, meeting: LowValue(), within: neighborhood, using: &random)
  }
}

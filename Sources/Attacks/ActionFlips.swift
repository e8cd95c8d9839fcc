import Policies
import RandomStreams
import Tensors

/// Random flips, a control: with a given probability the action is replaced by one of the others, whatever the policy sees.
/// What an attack on observations costs beyond this at the same flip rate, it owes to choosing its flips.
///
/// It does not depend on epsilon, but with epsilon 0 nothing is allowed, and nothing flips.
///
/// Access: none. Cost: no pass.
public struct ActionFlips: AttackRecipe, Attack {
  /// What people are told.
  public static let about = AboutAttack(
    "flip", "random actions at a given rate in place of the policy's: a control", needs: .nothing, norms: [],
    cost: "none", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [Parameter<ActionFlips>] = [
    .number("rate", \.rate, in: 0...1, "the probability that an action is replaced")
  ]

  /// The probability that an action is replaced.
  public var rate: Float = 0.1

  /// One flip in ten.
  public init() {}

  /// Nothing.
  public var needs: Knowledge { .nothing }

  /// The attack, which is no other for any victim.
  public func against(_ victim: any Policy, learningFrom lesson: Lesson?) -> any Attack { self }

  /// Whether the action on one observation is replaced.
  func flips(using random: inout RandomStream) -> Bool { random.chance(Double(rate)) }

  /// The clean observations.
  public func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor { clean.observations }
}

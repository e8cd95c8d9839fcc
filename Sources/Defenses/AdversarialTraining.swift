import Agents
import Attacks
import Networks
import Policies

/// Adversarial training (Goodfellow et al. 2015, section 6; for deep RL Kos & Song 2017, Pattanaik et al. 2018): the
/// agent collects its experience while its observations are attacked, with itself as the victim.
///
/// Deviations:
/// 1. Attacked and clean observations mix frame by frame, in a share that can be set (all attacked by default), where
///    Goodfellow et al. weigh two losses.
/// 2. Epsilon grows in a straight line from 0 to its full size between two shares of the run, so that something is learned
///    before it is disturbed.
public struct AdversarialTraining: CollectionDefense {
  /// The attack, as the catalog names it, with its parameters.
  public let attack: AttackChoice
  /// The full size.
  public let epsilon: Epsilon
  /// The share of frames that are attacked, drawn frame by frame.
  public let share: Double
  /// The share of the full size, 0 to 1, over the run.
  public let warmUp: Schedule

  /// Training under an attack.
  public init(
    _ attack: AttackChoice, epsilon: Epsilon, share: Double = 1, warmUp: Schedule = Hardness.usualWarmUp
  ) {
    self.attack = attack
    self.epsilon = epsilon
    self.share = share
    self.warmUp = warmUp
  }

  /// The attacker on the policy as it is now; nil while epsilon is still 0.
  public func attacker(
    against policy: any DifferentiablePolicy, range: ClosedRange<Float>, progress: Float
  ) throws -> Attacker? {
    let part = warmUp.value(at: progress)
    guard part > 0, share > 0 else { return nil }
    let size = Epsilon(epsilon.numerator * Double(part), over: epsilon.denominator)
    let plan = AttackPlan(attack, timing: share < 1 ? .random(share) : .everyFrame)
    return try Attacker(plan, against: policy, within: ThreatModel(epsilon: size, range: range))
  }
}

extension AdversarialTraining: NamedDefense {
  static let about = AboutDefense(
    "adversarial", .collection, "every agent",
    "experience under an attack on the agent (Goodfellow et al. 2015)",
    [
      DefenseParameter("attack", "fgsm", "an attack of the catalog; what else is set is set of it"),
      DefenseParameter("epsilon", "--epsilon", "the full size of the perturbations"),
      DefenseParameter("share", "1.0", "the share of frames that are attacked"),
      DefenseParameter("warm-up", "\(Hardness.usualWarmUp)", "the share of the full size over the run"),
    ])

  init(_ settings: inout DefenseSettings, epsilon: Epsilon?) throws(DefenseError) {
    let name = try settings.takeText("attack") ?? "fgsm"
    let epsilon = try settings.takeSize(epsilon)
    // In Double, so that it is written again as it was.
    let share =
      try settings.take("share", "a share of the frames, above 0 and at most 1") { text in
        Double(text).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
      } ?? 1
    let warmUp = try settings.takeAmounts("warm-up", in: 0...1) ?? Hardness.usualWarmUp
    let text = ([name] + settings.takeRest().map { "\($0.name)=\($0.text)" }).joined(separator: ":")
    let attack: AttackChoice
    do throws(AttackError) { attack = try AttackChoice(text) } catch {
      throw DefenseError("adversarial: \(error)")
    }
    if let other = attack.about.first(where: { !$0.changesObservations }) {
      throw DefenseError(
        "adversarial: \(other.name) changes actions and no observation: there is nothing to harden against")
    }
    self.init(attack, epsilon: epsilon, share: share, warmUp: warmUp)
  }

  var settings: [String] {
    ["attack=\(attack)", "epsilon=\(epsilon)", "share=\(share)", "warm-up=\(warmUp)"]
  }
}

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
  public var attack: AttackChoice
  /// The full size.
  public var epsilon: Epsilon
  /// The share of frames that are attacked, drawn frame by frame.
  public var share: Double
  /// The share of the full size, 0 to 1, over the run.
  public var warmUp: Schedule

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
    AdversarialTraining.self, "adversarial", .collection,
    "experience under an attack on the agent (Goodfellow et al. 2015)")

  static let parameters: [Parameter<AdversarialTraining>] = [
    Parameter(
      "attack", "an attack of the catalog; what else is set is set of it", expected: "an attack",
      text: { "\($0.attack)" },
      assign: { defense, text in
        guard let attack = try? AttackChoice(text) else { return false }
        defense.attack = attack
        return true
      }),
    .size(\.epsilon),
    // In Double, so that it is written again as it was.
    Parameter(
      "share", "the share of frames that are attacked",
      expected: "a share of the frames, above 0 and at most 1", text: { "\($0.share)" },
      assign: { defense, text in
        guard let share = Double(text), share > 0, share <= 1 else { return false }
        defense.share = share
        return true
      }),
    .warmUp(\.warmUp),
  ]

  init() { self.init(AttackChoice(FGSM.self), epsilon: Epsilon(0)) }

  /// What is no parameter of the defense is one of its attack.
  mutating func set(_ settings: [ParameterSetting]) throws(DefenseError) {
    func isOwn(_ setting: ParameterSetting) -> Bool { Self.parameters.contains { $0.name == setting.name } }
    let name = settings.first { $0.name == "attack" }?.value ?? "\(attack)"
    let others = settings.filter { !isOwn($0) }
    do throws(AttackError) {
      attack = try AttackChoice(([name] + others.map { "\($0.name)=\($0.value)" }).joined(separator: ":"))
    } catch { throw DefenseError("adversarial: \(error)") }
    if let other = attack.about.first(where: { !$0.changesObservations }) {
      throw DefenseError(
        "adversarial: \(other.name) changes actions and no observation: there is nothing to harden against")
    }
    try setParameters(settings.filter { isOwn($0) && $0.name != "attack" })
  }

  var fault: String? {
    warmUp.isNothing ? "warm-up is 0 over the whole run, so nothing would be hardened" : nil
  }
}

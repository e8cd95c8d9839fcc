import Agents
import Attacks
import Networks
import Policies

/// Adversarial training (Goodfellow et al. 2015, section 6; for deep RL Kos & Song 2017, Pattanaik et al. 2018): the
/// agent collects its experience while its observations are attacked, with itself as the victim.
///
/// Deviations:
/// 1. The agent learns on attacked observations alone, not on a mixture of clean and attacked ones.
/// 2. Epsilon grows in a straight line from 0 to its full size between two shares of the run, so that something is learned
///    before it is disturbed.
public struct AdversarialTraining: CollectionDefense {
  /// The attack's name in the catalog.
  public let attack: String
  /// The full size.
  public let epsilon: Epsilon
  /// The share of the full size, 0 to 1, over the run.
  public let warmUp: Schedule

  /// Training under an attack.
  /// - Parameters:
  ///   - warmUp: by default nothing for the first fifth of the run, then growing until its middle.
  public init(
    attack: String = "fgsm", epsilon: Epsilon, warmUp: Schedule = .ramp(from: 0, to: 1, start: 0.2, end: 0.5)
  ) {
    self.attack = attack
    self.epsilon = epsilon
    self.warmUp = warmUp
  }

  /// The attacker on the policy as it is now; nil while epsilon is still 0.
  public func attacker(
    against policy: NetworkPolicy, range: ClosedRange<Float>, progress: Float
  ) throws -> Attacker? {
    let share = warmUp.value(at: progress)
    guard share > 0 else { return nil }
    let size = Epsilon(epsilon.numerator * Double(share), over: epsilon.denominator)
    return try Attacker(attack, against: policy, within: ThreatModel(epsilon: size, range: range))
  }
}

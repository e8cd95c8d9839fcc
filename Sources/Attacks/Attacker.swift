import Policies
import RandomStreams
import Tensors

/// An attack on a victim under a threat model: runs the attack, holds what it proposes to the threat model, and checks
/// what is delivered.
public struct Attacker: Sendable {
  /// What the victim gets to see, and what was found on the way.
  public struct Delivery: Sendable {
    /// [batch, height, width, channels], within the threat model.
    public let observations: Tensor
    /// What the victim would have done without the attack.
    public let cleanActions: [Int]
    /// What it would have preferred; nil when it shows no scores.
    public let cleanScores: Tensor?
    /// The size of each perturbation in the threat model's norm.
    public let sizes: [Float]
  }

  /// The attack.
  public let attack: any Attack
  /// The policy that is attacked.
  public let victim: any Policy
  /// What the attack may do.
  public let threat: ThreatModel

  /// An attacker.
  public init(_ attack: any Attack, against victim: any Policy, within threat: ThreatModel) {
    self.attack = attack
    self.victim = victim
    self.threat = threat
  }

  /// The attacker of a name in the catalog.
  /// - Throws: ``AttackError``.
  public init(_ name: String, against victim: any Policy, within threat: ThreatModel) throws {
    self.init(try AttackCatalog.attack(name, against: victim), against: victim, within: threat)
  }

  /// Attacks a batch.
  ///
  /// - Parameters:
  ///   - observations: [batch, height, width, channels] as the camera and the stack give them.
  ///   - frameChannels: the channels of one frame; the newest frame has the last ones.
  ///   - memory: the victim's; not changed.
  ///   - random: the attack's streams, one an observation.
  ///   - victimRandom: the victim's; not changed.
  /// - Throws: ``AttackError`` when what would be delivered breaks the threat model in spite of the projection.
  public func deliver(
    _ observations: Tensor, frameChannels: Int, memory: Memory = Memory(), using random: inout [RandomStream],
    victimRandom: [RandomStream] = []
  ) throws -> Delivery {
    let clean = CleanPass(of: observations, through: victim, memory: memory, using: victimRandom)
    let proposed = attack.perturb(
      clean, meeting: ActionChange(from: clean.actions), within: threat, using: &random)
    let delivered = threat.project(proposed, around: observations, frameChannels: frameChannels)
    if let violation = threat.violation(of: delivered, around: observations, frameChannels: frameChannels) {
      throw AttackError("the threat model (\(threat)) is violated: \(violation)")
    }
    return Delivery(
      observations: delivered, cleanActions: clean.actions, cleanScores: clean.scores?.stoppingGradient(),
      sizes: threat.sizes(of: delivered, around: observations))
  }
}

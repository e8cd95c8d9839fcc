import Attacks

/// What is known of an episode when it has ended, or so far.
public struct EpisodeRecord: Hashable, Sendable, Codable {
  /// The seed that it started from; nil when it went on with the generator of the episode before.
  public var seed: UInt64?
  /// The sum of rewards, undiscounted.
  public var episodeReturn: Double = 0
  /// The number of steps.
  public var length = 0
  /// Frames on which the attacker worked.
  public var attackedFrames = 0
  /// Attacked frames that reached the agent unchanged.
  public var unchangedFrames = 0
  /// Attacked frames on which the agent chose another action than it would have without the attack.
  public var flips = 0
  /// Attacked frames on which the agent chose an action that the attack wants; nil when it wants none in particular.
  public var reaches: Int?
  /// The largest perturbation that was delivered, in the threat model's norm.
  public var largestPerturbation: Float = 0

  /// What the attacker asked of its victim.
  public var passes = Passes()

  /// The record of an episode at its start.
  public init(seed: UInt64? = nil) { self.seed = seed }

  /// Counts what became of one frame.
  /// - Parameters:
  ///   - row: the frame's in the delivery.
  ///   - chosen: what the agent chose on it.
  ///   - wanted: the actions that the attacker's goal names.
  mutating func count(_ delivery: Attacker.Delivery, row: Int, chosen: Int, wanted: [Int]) {
    guard delivery.isAttacked[row] else { return }
    if !wanted.isEmpty { reaches = (reaches ?? 0) + (wanted.contains(chosen) ? 1 : 0) }
    attackedFrames += 1
    if delivery.sizes[row] == 0 && !delivery.isFlipped[row] { unchangedFrames += 1 }
    if delivery.cleanActions[row] != chosen { flips += 1 }
    largestPerturbation = max(largestPerturbation, delivery.sizes[row])
    passes = passes + delivery.passes[row]
  }
}

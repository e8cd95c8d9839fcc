import Environments

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
  /// The largest perturbation that was delivered, in the threat model's norm.
  public var largestPerturbation: Float = 0

  /// The record of an episode at its start.
  public init(seed: UInt64? = nil) { self.seed = seed }
}

/// What a step leads to.
public struct Outcome: Hashable, Sendable {
  /// The reward for the step.
  public var reward: Float
  /// How the episode ended with this step; nil while it goes on.
  public var ending: Ending?

  /// An outcome; without an ending, the episode goes on.
  public init(reward: Float, ending: Ending? = nil) {
    self.reward = reward
    self.ending = ending
  }
}

/// How an episode ends: never one flag for both, because only a terminated episode has no value to come.
public enum Ending: String, Hashable, Sendable, Codable, CaseIterable {
  /// The environment came to its own end: what comes after is worth nothing.
  case terminated
  /// The time ran out: the episode was cut off, and its last state is still worth something.
  case truncated
}

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

/// What holds for the episodes of any environment, and so is not written into each.
public struct EpisodeRules: Hashable, Sendable, Codable {
  /// The greatest number of the agent's steps in an episode, after which it is truncated; at least 1.
  public var timeLimit: Int
  /// The probability, at every step of the environment, that the action before is taken again instead of the agent's
  /// (Machado et al., "Revisiting the Arcade Learning Environment", 2018, section 5.2); nil for no draw at all.
  ///
  /// The draw comes from the environment's generator before its step, and the action before survives a reset that goes
  /// on with the generator, both as in MinAtar; the first action before is 0.
  public var stickiness: Double?
  /// How many steps of the environment one step of the agent makes, their rewards added up; at least 1.
  public var actionRepeat: Int
  /// The bounds between which the reward of an agent's step is clipped (Mnih et al., 2015); nil for none.
  public var rewardBounds: ClosedRange<Float>?

  /// Rules for episodes.
  ///
  /// - Precondition: the limit and the repeat are positive, and the stickiness is a probability.
  public init(
    timeLimit: Int, stickiness: Double? = nil, actionRepeat: Int = 1, rewardBounds: ClosedRange<Float>? = nil
  ) {
    precondition(timeLimit > 0 && actionRepeat > 0, "an episode has at least one step")
    precondition(stickiness.map { (0...1).contains($0) } ?? true, "stickiness is a probability")
    self.timeLimit = timeLimit
    self.stickiness = stickiness
    self.actionRepeat = actionRepeat
    self.rewardBounds = rewardBounds
  }
}

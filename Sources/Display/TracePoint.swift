/// What the traces keep of a step.
public struct TracePoint: Hashable, Sendable {
  /// Whether an episode begins with it.
  public var isFirst: Bool
  /// The return so far.
  public var episodeReturn: Float
  /// The value of what the agent saw, or its certainty: see `ScoreKind`.
  public var value: Float
  /// By how much the preferred action led the second without the attack.
  public var cleanGap: Float
  /// By how much the chosen action led the second.
  public var deliveredGap: Float
  /// Whether the attack worked on the frame.
  public var isAttacked: Bool
  /// Whether it changed the action.
  public var isFlipped: Bool

  /// A point of the traces.
  public init(
    isFirst: Bool, episodeReturn: Float, value: Float, cleanGap: Float, deliveredGap: Float, isAttacked: Bool,
    isFlipped: Bool
  ) {
    self.isFirst = isFirst
    self.episodeReturn = episodeReturn
    self.value = value
    self.cleanGap = cleanGap
    self.deliveredGap = deliveredGap
    self.isAttacked = isAttacked
    self.isFlipped = isFlipped
  }
}

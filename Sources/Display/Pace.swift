/// How fast a session goes on by itself.
public enum Pace: Hashable, Sendable {
  /// It waits for a key.
  case still
  /// So many steps a second.
  case stepsPerSecond(Double)
  /// One step for each frame that the outlet shows.
  case eachFrame
}

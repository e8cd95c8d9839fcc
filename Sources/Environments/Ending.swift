/// How an episode ends: never one flag for both, because only a terminated episode has no value to come.
public enum Ending: String, Hashable, Sendable, Codable, CaseIterable {
  /// The environment came to its own end: what comes after is worth nothing.
  case terminated
  /// The time ran out: the episode was cut off, and its last state is still worth something.
  case truncated
}

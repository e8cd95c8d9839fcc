/// Where a defense sits.
public enum Seam: String, Hashable, Sendable, Codable {
  /// What the agent experiences.
  case collection
  /// What it learns.
  case loss
  /// How the trained policy looks at a frame.
  case inference
}

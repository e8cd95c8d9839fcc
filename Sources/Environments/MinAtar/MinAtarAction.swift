/// What a player of any of the MinAtar games can do, in the order of their actions.
public enum MinAtarAction: String, Hashable, Sendable, CaseIterable {
  /// Nothing.
  case noOperation = "no-op"
  /// One column to the left.
  case left
  /// One row up.
  case up
  /// One column to the right.
  case right
  /// One row down.
  case down
  /// A shot.
  case fire
}

/// A move in a grid world; its raw value is the action's index.
public enum GridMove: Int, Hashable, Sendable, CaseIterable {
  /// To the previous row.
  case up
  /// To the next column.
  case right
  /// To the next row.
  case down
  /// To the previous column.
  case left

  /// How many rows the move goes down.
  var rows: Int {
    switch self {
    case .up: -1
    case .down: 1
    case .left, .right: 0
    }
  }

  /// How many columns the move goes to the right.
  var columns: Int {
    switch self {
    case .left: -1
    case .right: 1
    case .up, .down: 0
    }
  }
}

/// A direction in a grid world; the raw value is MiniGrid's index.
enum GridDirection: Int, Hashable, Sendable, Codable, CaseIterable {
  case right, down, left, up

  /// How many rows a step leads down.
  var rows: Int {
    switch self {
    case .down: 1
    case .up: -1
    case .left, .right: 0
    }
  }

  /// How many columns a step leads to the right.
  var columns: Int {
    switch self {
    case .right: 1
    case .left: -1
    case .up, .down: 0
    }
  }

  /// After quarter turns to the right.
  func turned(_ quarters: Int) -> GridDirection {
    GridDirection(rawValue: (rawValue &+ quarters) & 3)!
  }
}

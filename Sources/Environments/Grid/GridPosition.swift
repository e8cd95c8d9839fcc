/// A place in a grid world, counted from the upper left corner.
struct GridPosition: Hashable, Sendable, Codable {
  /// The row, from 0 at the top: MiniGrid's y.
  var row: Int
  /// The column, from 0 on the left: MiniGrid's x.
  var column: Int

  /// The next position in a direction, which may lie beyond an edge.
  func next(_ direction: GridDirection) -> GridPosition {
    GridPosition(row: row &+ direction.rows, column: column &+ direction.columns)
  }
}

import RandomStreams

extension GridEpisode {
  /// A room with the goal in its lower right corner; MiniGrid's `EmptyEnv`.
  func layEmptyRoom(start: GridLayout.Start, using random: inout some Randomness) {
    enclose()
    grid[grid.height - 2, grid.width - 2] = .goal
    switch start {
    case .corner: agent = GridPosition(row: 1, column: 1)
    case .random: placeAgent(rows: 0..<grid.height, columns: 0..<grid.width, using: &random)
    }
  }
}

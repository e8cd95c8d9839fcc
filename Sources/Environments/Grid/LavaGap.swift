import RandomStreams

extension GridEpisode {
  /// A column of lava with one gap between the agent and the goal in opposite corners; MiniGrid's `LavaGapEnv`.
  func layLavaGap(using random: inout some Randomness) {
    enclose()
    agent = GridPosition(row: 1, column: 1)
    grid[grid.height - 2, grid.width - 2] = .goal
    let column = 2 + random.index(below: grid.width - 4)
    let row = 1 + random.index(below: grid.height - 2)
    grid.fill(rows: 1..<grid.height - 1, columns: column..<column + 1, with: .lava)
    grid[row, column] = .empty
  }
}

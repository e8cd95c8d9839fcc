import RandomStreams

extension GridEpisode {
  /// Four rooms with one gap between any two neighbors, agent and goal anywhere; MiniGrid's `FourRoomsEnv`.
  func layFourRooms(using random: inout some Randomness) {
    enclose()
    let (middleRow, middleColumn) = (grid.height / 2, grid.width / 2)
    grid.fill(rows: 0..<grid.height, columns: middleColumn..<middleColumn + 1, with: .wall)
    grid.fill(rows: middleRow..<middleRow + 1, columns: 0..<grid.width, with: .wall)
    // The gaps of the upper left room to its right and below, of the upper right one below, of the lower left one to its
    // right: the reference's order of draws.
    grid[1 + random.index(below: middleRow - 1), middleColumn] = .empty
    grid[middleRow, 1 + random.index(below: middleColumn - 1)] = .empty
    grid[middleRow, middleColumn + 1 + random.index(below: middleColumn - 1)] = .empty
    grid[middleRow + 1 + random.index(below: middleRow - 1), middleColumn] = .empty
    placeAgent(rows: 0..<grid.height, columns: 0..<grid.width, using: &random)
    place(.goal, rows: 0..<grid.height, columns: 0..<grid.width, using: &random)
  }
}

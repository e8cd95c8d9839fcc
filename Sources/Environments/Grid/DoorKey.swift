import RandomStreams

extension GridEpisode {
  /// Agent and key on the left of a wall with a locked yellow door, the goal in the lower right corner; MiniGrid's
  /// `DoorKeyEnv`.
  func layDoorKey(using random: inout some Randomness) {
    enclose()
    grid[grid.height - 2, grid.width - 2] = .goal
    let split = 2 + random.index(below: grid.width - 4)
    grid.fill(rows: 0..<grid.height, columns: split..<split + 1, with: .wall)
    placeAgent(rows: 0..<grid.height, columns: 0..<split, using: &random)
    grid[1 + random.index(below: grid.width - 3), split] = GridCell(.lockedDoor, .yellow)
    place(GridCell(.key, .yellow), rows: 0..<grid.height, columns: 0..<split, using: &random)
  }
}

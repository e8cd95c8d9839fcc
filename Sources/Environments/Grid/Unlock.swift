import RandomStreams

extension GridEpisode {
  /// Two rooms with a locked door between them, the agent and the key in the left one; MiniGrid's `UnlockEnv`.
  func layUnlock(using random: inout some Randomness) {
    let room = 0..<grid.height
    grid.enclose(rows: room, columns: room)
    grid.enclose(rows: room, columns: room.upperBound - 1..<grid.width)
    let door = GridPosition(row: 1 + random.index(below: room.count - 2), column: room.upperBound - 1)
    let color = GridColor.drawn(using: &random)
    grid[door] = GridCell(.lockedDoor, color)
    // The reference's agent waits in the right room until the key has its place.
    agent = GridPosition(row: room.count / 2, column: room.count - 1 + room.count / 2)
    place(GridCell(.key, color), rows: room, columns: room, using: &random)
    repeat {
      placeAgent(rows: room, columns: room, using: &random)
    } while grid[ahead] != .empty && grid[ahead] != .wall
  }
}

import RandomStreams

extension GridEpisode {
  /// An empty room with balls that move; MiniGrid's `DynamicObstaclesEnv`.
  func layDynamicObstacles(
    count: Int, start: GridLayout.Start, using random: inout some Randomness
  ) {
    layEmptyRoom(start: start, using: &random)
    for _ in 0..<count {
      let position = grid.drawEmpty(
        rows: 0..<grid.height, columns: 0..<grid.width, except: agent, using: &random)!
      addObstacle(at: position)
    }
  }
}

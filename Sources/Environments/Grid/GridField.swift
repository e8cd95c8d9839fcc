/// The 7 × 7 cells before an agent, as it sees them: itself in the middle of the last row, looking up.
struct GridField {
  /// The number of cells of a side.
  static let size = 7

  /// The cells, column by column from the left and each from the far end: MiniGrid's order of an image.
  private(set) var cells = InlineArray<49, GridCell>(repeating: .wall)

  /// Looks from where the agent stands; beyond the edges are walls.
  ///
  /// In the agent's place it sees what it carries.
  ///
  /// - Parameter hidesBehindWalls: whether cells behind walls and closed doors are ``GridCell/unseen``.
  init(of episode: GridEpisode, hidesBehindWalls: Bool) {
    let (size, middle, last) = (Self.size, Self.size / 2, Self.size - 1)
    let (row, column) = (episode.agent.row, episode.agent.column)
    let (height, width) = (episode.grid.height, episode.grid.width)
    // How an index of the grid changes with a step forward and to the right, and how many such steps there are.
    let forward, right, ahead, toRight, toLeft: Int
    switch episode.facing {
    case .right:
      (forward, right, ahead, toRight, toLeft) = (1, width, width - 1 - column, height - 1 - row, row)
    case .down:
      (forward, right, ahead, toRight, toLeft) = (width, -1, height - 1 - row, column, width - 1 - column)
    case .left: (forward, right, ahead, toRight, toLeft) = (-1, -width, column, row, height - 1 - row)
    case .up: (forward, right, ahead, toRight, toLeft) = (-width, 1, row, width - 1 - column, column)
    }
    let nearRows = max(last - ahead, 0)..<size
    let columns = max(middle - toLeft, 0)..<min(middle + toRight, last) + 1
    let farthest = episode.grid.index(of: episode.agent) + forward * (last - nearRows.lowerBound)
    // One bit a cell, eight a row.
    var transparent: UInt64 = 0
    for column in columns {
      var index = farthest &+ right &* (column &- middle)
      for row in nearRows {
        let cell = episode.grid[index]
        cells[column &* size &+ row] = cell
        transparent |= (cell.isTransparent ? 1 : 0) &<< UInt64(row &* 8 &+ column)
        index &-= forward
      }
    }
    if hidesBehindWalls { hide(except: Self.visible(through: transparent)) }
    cells[middle * size + last] = episode.carried
  }

  private mutating func hide(except visible: UInt64) {
    for column in 0..<Self.size {
      for row in 0..<Self.size where visible &>> UInt64(row &* 8 &+ column) & 1 == 0 {
        cells[column &* Self.size &+ row] = .unseen
      }
    }
  }

  /// Which cells can be seen: MiniGrid's propagation from the agent, one bit a cell.
  ///
  /// Row by row away from the agent, a cell that is seen and transparent shows its neighbors on the right, ahead, and
  /// ahead on the right; then, from right to left, those on the left. The rightmost cell takes no part in the first
  /// sweep, the leftmost none in the second.
  static func visible(through transparent: UInt64) -> UInt64 {
    var visible: UInt64 = 0
    var seen: UInt64 = 1 << 3
    for row in stride(from: UInt64(48), through: 0, by: -8) {
      let clear = transparent &>> row & 0x7f
      // Adding carries each bit that is seen upward through a run of transparent cells.
      let start = seen & clear
      let rightward = ((clear ^ (clear &+ start)) | start) & clear & 0x3f
      seen |= rightward &<< 1
      var next = rightward | rightward &<< 1
      // Downward there is no carry: a run of seven cells is filled in three doublings.
      var leftward = seen & clear
      var run = clear
      leftward |= run & leftward &>> 1
      run &= run &>> 1
      leftward |= run & leftward &>> 2
      run &= run &>> 2
      leftward |= run & leftward &>> 4
      leftward &= 0x7e
      seen |= leftward &>> 1
      next |= leftward | leftward &>> 1
      visible |= seen &<< row
      seen = next
    }
    return visible
  }
}

/// The 7 × 7 cells before an agent, as it sees them: itself in the middle of the last row, looking up.
struct GridField {
  /// The number of cells of a side.
  static let size = 7
  private static var middle: Int { size / 2 }
  private static var last: Int { size - 1 }

  /// How an index of the grid changes with a step forward and with one to the right.
  private let forward, right: Int
  /// The index of the first row's first cell, which may be none.
  private let origin: Int
  /// The rows and columns that are not beyond an edge.
  private let rows, columns: Range<Int>
  /// The cells that are seen, one bit each, eight a row.
  private let visible: UInt64

  /// Looks from where the agent stands.
  init(of episode: GridEpisode) {
    let (row, column) = (episode.agent.row, episode.agent.column)
    let (height, width) = (episode.grid.height, episode.grid.width)
    // How many steps forward, to the right and to the left there are within the edges.
    let ahead, toRight, toLeft: Int
    switch episode.facing {
    case .right:
      (forward, right) = (1, width)
      (ahead, toRight, toLeft) = (width - 1 - column, height - 1 - row, row)
    case .down:
      (forward, right) = (width, -1)
      (ahead, toRight, toLeft) = (height - 1 - row, column, width - 1 - column)
    case .left:
      (forward, right) = (-1, -width)
      (ahead, toRight, toLeft) = (column, row, height - 1 - row)
    case .up:
      (forward, right) = (-width, 1)
      (ahead, toRight, toLeft) = (row, width - 1 - column, column)
    }
    rows = max(Self.last - ahead, 0)..<Self.size
    columns = max(Self.middle - toLeft, 0)..<min(Self.middle + toRight, Self.last) + 1
    origin = row * width + column + forward * Self.last - right * Self.middle
    guard episode.observer.hidesBehindWalls else {
      visible = .max
      return
    }
    var transparent: UInt64 = 0
    for column in columns {
      var index = origin &+ right &* column &- forward &* rows.lowerBound
      for row in rows {
        transparent |= (episode.grid[index].isTransparent ? 1 : 0) &<< UInt64(row &* 8 &+ column)
        index &-= forward
      }
    }
    visible = Self.visible(through: transparent)
  }

  /// Calls a closure with each cell, column by column from the left and each from the far end: MiniGrid's order of an image.
  ///
  /// Beyond the edges are walls, and what is not seen is ``GridCell/unseen``. In the agent's place it sees what it carries.
  @inline(__always)
  func forEachCell(of episode: GridEpisode, _ body: (_ row: Int, _ column: Int, _ cell: GridCell) -> Void) {
    for column in 0..<Self.size {
      let isColumnInside = columns.contains(column)
      var index = origin &+ right &* column
      for row in 0..<Self.size {
        var cell = isColumnInside && row >= rows.lowerBound ? episode.grid[index] : .wall
        if visible &>> UInt64(row &* 8 &+ column) & 1 == 0 { cell = .unseen }
        if row == Self.last && column == Self.middle { cell = episode.carried }
        body(row, column, cell)
        index &-= forward
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
      if next == 0 { break }
      seen = next
    }
    return visible
  }
}

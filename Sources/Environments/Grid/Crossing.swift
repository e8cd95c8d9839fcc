import RandomStreams

extension GridEpisode {
  /// Rivers that run across the whole room, with openings that leave a way between the agent and the goal in opposite
  /// corners; MiniGrid's `CrossingEnv`.
  ///
  /// The rivers are some of all rows and columns with an even index. Then a way is drawn as an order in which to cross
  /// them; the opening of each lies in the reach of the region that the way has come to.
  func layCrossing(count: Int, barrier: GridCell, using random: inout some Randomness) {
    enclose()
    agent = GridPosition(row: 1, column: 1)
    grid[grid.height - 2, grid.width - 2] = .goal

    var rivers = stride(from: 2, to: grid.height - 2, by: 2).map { (isVertical: true, index: $0) }
    rivers += stride(from: 2, to: grid.width - 2, by: 2).map { (isVertical: false, index: $0) }
    random.shuffle(&rivers)
    let columns = rivers[..<count].filter(\.isVertical).map(\.index).sorted()
    let rows = rivers[..<count].filter { !$0.isVertical }.map(\.index).sorted()
    for row in rows { grid.fill(rows: row..<row + 1, columns: 1..<grid.width - 1, with: barrier) }
    for column in columns {
      grid.fill(rows: 1..<grid.height - 1, columns: column..<column + 1, with: barrier)
    }

    // Whether each river that the way crosses is a vertical one.
    var way = columns.map { _ in true } + rows.map { _ in false }
    random.shuffle(&way)
    let columnLimits = [0] + columns + [grid.width - 1]
    let rowLimits = [0] + rows + [grid.height - 1]
    func draw(between limits: ArraySlice<Int>) -> Int {
      limits.first! + 1 + random.index(below: limits.last! - limits.first! - 1)
    }
    var (columnsCrossed, rowsCrossed) = (0, 0)
    for crossesColumn in way {
      if crossesColumn {
        let row = draw(between: rowLimits[rowsCrossed...rowsCrossed + 1])
        grid[row, columns[columnsCrossed]] = .empty
        columnsCrossed += 1
      } else {
        let column = draw(between: columnLimits[columnsCrossed...columnsCrossed + 1])
        grid[rows[rowsCrossed], column] = .empty
        rowsCrossed += 1
      }
    }
  }
}

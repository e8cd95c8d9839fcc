extension GridEpisode {
  /// Writes every entry.
  func observe(into frame: inout MutableSpan<Float>) {
    switch (observer.view.extent, observer.view.form) {
    case (.egocentric, .symbolic): writeSymbolsOfField(into: &frame)
    case (.egocentric, .planes): writePlanesOfField(into: &frame)
    case (.egocentric, .pixels42), (.egocentric, .pixels84): writePixelsOfField(into: &frame)
    case (.whole, .symbolic): writeSymbols(into: &frame)
    case (.whole, .planes): writePlanes(into: &frame)
    case (.whole, .pixels42), (.whole, .pixels84): writePixels(into: &frame)
    }
  }

  // MARK: Symbols

  private func writeSymbolsOfField(into frame: inout MutableSpan<Float>) {
    let size = GridField.size
    precondition(frame.count == 3 * size * size, "a frame has one entry for each of the space")
    GridField(of: self).forEachCell(of: self) { row, column, cell in
      write(cell, at: column &* size &+ row, into: &frame)
    }
  }

  /// Column by column, as MiniGrid's images are.
  private func writeSymbols(into frame: inout MutableSpan<Float>) {
    let (height, width) = (grid.height, grid.width)
    for row in 0..<height {
      for column in 0..<width {
        write(grid[row &* width &+ column], at: column &* height &+ row, into: &frame)
      }
    }
    let agent = 3 * (agent.column * height + agent.row)
    frame[agent] = 1
    frame[agent + 1] = 0
    frame[agent + 2] = observer.turns ? Float(facing.rawValue) / 3 : 0
  }

  @inline(__always)
  private func write(_ cell: GridCell, at position: Int, into frame: inout MutableSpan<Float>) {
    frame[3 &* position] = observer.objectValues[Int(cell.code & 15)]
    frame[3 &* position &+ 1] = observer.colorValues[Int(cell.code &>> 4)]
    frame[3 &* position &+ 2] = observer.stateValues[Int(cell.code & 15)]
  }

  // MARK: Planes

  private func writePlanesOfField(into frame: inout MutableSpan<Float>) {
    frame.update(repeating: 0)
    GridField(of: self).forEachCell(of: self) { row, column, cell in
      observer.planes.mark(cell, at: row &* GridField.size &+ column, in: &frame)
    }
  }

  private func writePlanes(into frame: inout MutableSpan<Float>) {
    frame.update(repeating: 0)
    for index in 0..<grid.count { observer.planes.mark(grid[index], at: index, in: &frame) }
    let agent = grid.index(of: agent)
    observer.planes.mark(carried, at: agent, in: &frame)
    frame[
      agent * observer.planes.count + observer.planes.agentChannel + (observer.turns ? facing.rawValue : 0)] =
      1
  }

  // MARK: Pixels

  private func writePixelsOfField(into frame: inout MutableSpan<Float>) {
    guard let pixels = observer.pixels else { return }
    frame.update(repeating: 0)
    GridField(of: self).forEachCell(of: self) { row, column, cell in
      let isAgent = row == GridField.size - 1 && column == GridField.size / 2
      let tile = isAgent ? GridTile.index(ofAgentFacing: .up, carrying: cell) : GridTile.index(of: cell)
      pixels.draw(tile, row: row, column: column, into: &frame)
    }
  }

  private func writePixels(into frame: inout MutableSpan<Float>) {
    guard let pixels = observer.pixels else { return }
    frame.update(repeating: 0)
    for row in 0..<grid.height {
      for column in 0..<grid.width {
        let tile = GridTile.index(of: grid[row &* grid.width &+ column])
        pixels.draw(tile, row: row, column: column, into: &frame)
      }
    }
    pixels.draw(agentTile, row: agent.row, column: agent.column, into: &frame)
  }

  private var agentTile: Int {
    observer.turns
      ? GridTile.index(ofAgentFacing: facing, carrying: carried) : GridTile.agentWithoutDirection
  }

  /// The whole grid for people.
  func picture() -> Picture {
    let size = 24
    let (height, width) = (grid.height, grid.width)
    var picture = Picture(width: width * size, height: height * size)
    for row in 0..<height {
      for column in 0..<width {
        let isAgent = agent == GridPosition(row: row, column: column)
        let tile = isAgent ? agentTile : GridTile.index(of: grid[row * width + column])
        GridTile.draw(tile, row: row * size, column: column * size, size: size, into: &picture)
      }
    }
    return picture
  }
}

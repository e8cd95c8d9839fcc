/// Writes the observations of one world.
struct GridObserver: Hashable, Sendable {
  /// What they look like.
  let view: GridView
  /// The shape and the bounds of the observations.
  let space: BoxSpace
  private let hidesBehindWalls: Bool
  private let turns: Bool
  private let planes: GridPlanes
  private let pixels: PixelView?
  /// An object's index divided by the greatest one, by ``GridCell/Object``.
  private var objectValues = InlineArray<16, Float>(repeating: 0)
  /// A color's index divided by the greatest one.
  private var colorValues = InlineArray<8, Float>(repeating: 0)
  /// A door's state divided by the greatest one, by ``GridCell/Object``.
  private var stateValues = InlineArray<16, Float>(repeating: 0)

  /// MiniGrid's index of the agent, the greatest of all objects' indices.
  private static let agentIndex = 10

  init(_ view: GridView, of layout: GridLayout, turns: Bool) {
    self.view = view
    self.turns = turns
    hidesBehindWalls = layout.hidesBehindWalls
    planes = GridPlanes(
      objects: layout.objects, extent: view.extent, hidesBehindWalls: hidesBehindWalls, turns: turns)
    let isWhole = view.extent == .whole
    let (height, width) = isWhole ? (layout.height, layout.width) : (GridField.size, GridField.size)
    // Of the whole grid, the state of the agent's cell is the agent's direction.
    let greatestState = isWhole ? 3 : 2
    pixels = view.form.pixels.map { size in
      PixelView(size: size, rows: height, columns: width, tileCount: GridTile.count) { tile, picture in
        GridTile.draw(tile, size: picture.width, into: &picture)
      }
    }
    switch view.form {
    case .symbolic:
      let maxima = [Self.agentIndex, GridColor.allCases.count - 1, greatestState]
      space = BoxSpace(height: width, width: height, channels: 3, rawMaxima: maxima)
    case .planes: space = BoxSpace(height: height, width: width, channels: planes.count)
    case .pixels42, .pixels84: space = pixels!.space
    }
    for object in GridCell.Object.allCases {
      let state = object == .closedDoor ? 1 : object == .lockedDoor ? 2 : 0
      let index = state > 0 ? GridCell.Object.openDoor.rawValue : object.rawValue
      objectValues[Int(object.rawValue)] = Float(index) / Float(Self.agentIndex)
      stateValues[Int(object.rawValue)] = Float(state) / Float(greatestState)
    }
    for color in GridColor.allCases {
      colorValues[Int(color.rawValue)] = Float(color.rawValue) / Float(GridColor.allCases.count - 1)
    }
  }

  /// Writes every entry.
  func observe(_ state: borrowing GridState, into frame: inout MutableSpan<Float>) {
    switch view.extent {
    case .egocentric:
      let field = GridField(of: state, hidesBehindWalls: hidesBehindWalls)
      switch view.form {
      case .symbolic: writeSymbols(of: field, into: &frame)
      case .planes: writePlanes(of: field, into: &frame)
      case .pixels42, .pixels84: writePixels(of: field, carried: state.carried, into: &frame)
      }
    case .whole:
      switch view.form {
      case .symbolic: writeSymbols(of: state, into: &frame)
      case .planes: writePlanes(of: state, into: &frame)
      case .pixels42, .pixels84: writePixels(of: state, into: &frame)
      }
    }
  }

  // MARK: Symbols

  private func writeSymbols(of field: GridField, into frame: inout MutableSpan<Float>) {
    precondition(frame.count == 3 * GridField.size * GridField.size, "a frame has one entry for each of the space")
    for index in field.cells.indices { write(field.cells[index], at: index, into: &frame) }
  }

  /// Column by column, as MiniGrid's images are.
  private func writeSymbols(of state: borrowing GridState, into frame: inout MutableSpan<Float>) {
    let (height, width) = (state.grid.height, state.grid.width)
    for row in 0..<height {
      for column in 0..<width {
        write(state.grid[row &* width &+ column], at: column &* height &+ row, into: &frame)
      }
    }
    let agent = 3 * (state.agent.column * height + state.agent.row)
    frame[agent] = 1
    frame[agent + 1] = 0
    frame[agent + 2] = turns ? Float(state.facing.rawValue) / 3 : 0
  }

  private func write(_ cell: GridCell, at position: Int, into frame: inout MutableSpan<Float>) {
    frame[3 &* position] = objectValues[Int(cell.code & 15)]
    frame[3 &* position &+ 1] = colorValues[Int(cell.code &>> 4)]
    frame[3 &* position &+ 2] = stateValues[Int(cell.code & 15)]
  }

  // MARK: Planes

  private func writePlanes(of field: GridField, into frame: inout MutableSpan<Float>) {
    let size = GridField.size
    frame.update(repeating: 0)
    for column in 0..<size {
      for row in 0..<size {
        planes.mark(field.cells[column &* size &+ row], at: row &* size &+ column, in: &frame)
      }
    }
  }

  private func writePlanes(of state: borrowing GridState, into frame: inout MutableSpan<Float>) {
    frame.update(repeating: 0)
    for index in 0..<state.grid.count { planes.mark(state.grid[index], at: index, in: &frame) }
    let agent = state.grid.index(of: state.agent)
    planes.mark(state.carried, at: agent, in: &frame)
    frame[agent * planes.count + planes.agentChannel + (turns ? state.facing.rawValue : 0)] = 1
  }

  // MARK: Pixels

  private func writePixels(of field: GridField, carried: GridCell, into frame: inout MutableSpan<Float>) {
    guard let pixels else { return }
    let size = GridField.size
    frame.update(repeating: 0)
    for column in 0..<size {
      for row in 0..<size {
        let tile = GridTile.index(of: field.cells[column &* size &+ row])
        pixels.draw(tile, row: row, column: column, into: &frame)
      }
    }
    let agent = GridTile.index(ofAgentFacing: .up, carrying: carried)
    pixels.draw(agent, row: size - 1, column: size / 2, into: &frame)
  }

  private func writePixels(of state: borrowing GridState, into frame: inout MutableSpan<Float>) {
    guard let pixels else { return }
    frame.update(repeating: 0)
    for row in 0..<state.grid.height {
      for column in 0..<state.grid.width {
        let tile = GridTile.index(of: state.grid[row &* state.grid.width &+ column])
        pixels.draw(tile, row: row, column: column, into: &frame)
      }
    }
    pixels.draw(agentTile(of: state), row: state.agent.row, column: state.agent.column, into: &frame)
  }

  private func agentTile(of state: borrowing GridState) -> Int {
    turns
      ? GridTile.index(ofAgentFacing: state.facing, carrying: state.carried) : GridTile.agentWithoutDirection
  }

  /// The whole grid for people.
  func picture(of state: borrowing GridState) -> Picture {
    let size = 24
    let (height, width) = (state.grid.height, state.grid.width)
    var picture = Picture(width: width * size, height: height * size)
    for row in 0..<height {
      for column in 0..<width {
        let isAgent = state.agent == GridPosition(row: row, column: column)
        let tile = isAgent ? agentTile(of: state) : GridTile.index(of: state.grid[row * width + column])
        GridTile.draw(tile, row: row * size, column: column * size, size: size, into: &picture)
      }
    }
    return picture
  }

  static func == (left: GridObserver, right: GridObserver) -> Bool {
    left.view == right.view && left.space == right.space && left.turns == right.turns
      && left.hidesBehindWalls == right.hidesBehindWalls && left.planes == right.planes
  }

  func hash(into hasher: inout Hasher) { hasher.combine(view) }
}

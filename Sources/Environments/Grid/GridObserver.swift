/// How the observations of a world look, and the numbers that they consist of.
struct GridObserver: Hashable, Sendable {
  /// What they look like.
  let view: GridView
  /// The shape and the bounds of the observations.
  let space: BoxSpace
  /// Whether the agent does not see what is behind walls.
  let hidesBehindWalls: Bool
  /// Whether the agent has a direction.
  let turns: Bool
  /// The channels of planes.
  let planes: GridPlanes
  /// The tiles of pixels; nil where there are none.
  let pixels: PixelView?
  /// An object's index divided by the greatest one, by ``GridCell/Object``.
  private(set) var objectValues = InlineArray<16, Float>(repeating: 0)
  /// A color's index divided by the greatest one.
  private(set) var colorValues = InlineArray<8, Float>(repeating: 0)
  /// A door's state divided by the greatest one, by ``GridCell/Object``.
  private(set) var stateValues = InlineArray<16, Float>(repeating: 0)

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
    case .planes:
      space = BoxSpace(
        height: height, width: width, channels: planes.count,
        rawMaxima: Array(repeating: 1, count: planes.count))
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

  static func == (left: GridObserver, right: GridObserver) -> Bool {
    left.view == right.view && left.space == right.space && left.turns == right.turns
      && left.hidesBehindWalls == right.hidesBehindWalls && left.planes == right.planes
  }

  func hash(into hasher: inout Hasher) { hasher.combine(view) }
}

extension GridWorld: DefinableEnvironment {
  static var kind: String { "grid" }

  static var parameterKeys: [String] { ["view", "extent"] }

  static var optionalParameterKeys: [String] {
    [
      "layout", "size", "start", "crossings", "barrier", "obstacles", "map", "moves", "goal-reward",
      "lava-reward",
    ]
  }

  init(_ parameters: DefinitionReader, timeLimit: Int) throws(EnvironmentError) {
    let view = GridView(try parameters.choice("view"), try parameters.choice("extent"))
    let layout: GridLayout
    var goalReward = 1.0
    var lavaReward: Float = 0
    switch (parameters.has("layout"), parameters.has("map")) {
    case (true, false):
      layout = try GridLayout(parameters)
    case (false, true):
      try parameters.require(
        ["map", "moves"], or: ["goal-reward", "lava-reward"] + Self.parameterKeys, of: "a map")
      let moves: GridMap.Moves = try parameters.choice("moves")
      if moves == .compass && view.extent == .egocentric {
        throw parameters.error(
          "an agent with compass moves faces nowhere; 'extent' must be 'whole'", at: "extent")
      }
      layout = .map(try parameters.map("map", moves: moves))
      if parameters.has("goal-reward") { goalReward = try parameters.number("goal-reward", in: 0...1) }
      if parameters.has("lava-reward") {
        lavaReward = Float(try parameters.number("lava-reward", in: -1...0))
      }
    case (true, true):
      throw parameters.error("a grid has a 'layout' or a 'map', not both", at: "map")
    case (false, false):
      throw parameters.error("missing key 'layout' or 'map'")
    }
    if let size = view.tileSize(height: layout.height, width: layout.width), size < GridView.leastTileSize {
      throw parameters.error(
        "\(layout.height) × \(layout.width) cells are too many for \(view.form.rawValue): a cell would have \(size) "
          + "pixels a side, and needs \(GridView.leastTileSize)", at: "view")
    }
    self.init(layout, view: view, timeLimit: timeLimit, goalReward: goalReward, lavaReward: lavaReward)
  }
}

/// The generated layouts by the words of a definition.
private enum LayoutName: String, CaseIterable {
  case empty
  case fourRooms = "four-rooms"
  case doorKey = "door-key"
  case lavaGap = "lava-gap"
  case crossing
  case dynamicObstacles = "dynamic-obstacles"
  case unlock

  var keys: [String] {
    switch self {
    case .empty: ["size", "start"]
    case .fourRooms, .unlock: []
    case .doorKey, .lavaGap: ["size"]
    case .crossing: ["size", "crossings", "barrier"]
    case .dynamicObstacles: ["size", "start", "obstacles"]
    }
  }
}

extension GridLayout {
  /// Reads the layout's name and its numbers.
  fileprivate init(_ parameters: DefinitionReader) throws(EnvironmentError) {
    let name: LayoutName = try parameters.choice("layout")
    try parameters.require(
      name.keys, or: ["layout"] + GridWorld.parameterKeys, of: "the layout '\(name.rawValue)'")
    // Wider than this, a square has more cells than a grid can have.
    let size = name.keys.contains("size") ? try parameters.integer("size", in: 5...32) : 0
    switch name {
    case .empty: self = .emptyRoom(size: size, start: try parameters.choice("start"))
    case .fourRooms: self = .fourRooms
    case .doorKey: self = .doorKey(size: size)
    case .lavaGap: self = .lavaGap(size: size)
    case .crossing:
      if size.isMultiple(of: 2) {
        throw parameters.error("'size' is \(size); rivers need an odd number", at: "size")
      }
      self = .crossing(
        size: size, count: try parameters.integer("crossings", in: 1...size - 3),
        barrier: try parameters.choice("barrier"))
    case .dynamicObstacles:
      let most = min(size / 2 + 1, GridEpisode.obstacleCapacity)
      self = .dynamicObstacles(
        size: size, count: try parameters.integer("obstacles", in: 1...most),
        start: try parameters.choice("start"))
    case .unlock: self = .unlock
    }
  }
}

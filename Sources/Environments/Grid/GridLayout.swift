import RandomStreams

/// What a grid world looks like at the start of an episode, and by which rule it ends.
public enum GridLayout: Hashable, Sendable {
  /// A map, the same in each episode but for the start.
  case map(GridMap)
  /// A room with nothing but the goal.
  case emptyRoom(size: Int, start: Start)
  /// Four rooms around a cross of walls.
  case fourRooms
  /// A locked door between the agent and the goal, and its key.
  case doorKey(size: Int)
  /// A strip of lava with one gap.
  case lavaGap(size: Int)
  /// Rivers of lava or walls, with a way through.
  case crossing(size: Int, count: Int, barrier: Barrier)
  /// An empty room in which balls move about.
  case dynamicObstacles(size: Int, count: Int, start: Start)
  /// A locked door that is to be opened.
  case unlock

  /// Where the agent starts in a room.
  public enum Start: String, Hashable, Sendable, CaseIterable {
    /// In the upper left corner, facing right.
    case corner
    /// In any empty cell, facing anywhere.
    case random
  }

  /// What a river consists of.
  public enum Barrier: String, Hashable, Sendable, CaseIterable {
    /// Ends the episode.
    case lava
    /// Holds the agent back.
    case wall
  }

  /// The number of rows.
  var height: Int {
    switch self {
    case .map(let map): map.height
    case .emptyRoom(let size, _), .doorKey(let size), .lavaGap(let size), .crossing(let size, _, _),
      .dynamicObstacles(let size, _, _):
      size
    case .fourRooms: 19
    case .unlock: 6
    }
  }

  /// The number of columns.
  var width: Int {
    switch self {
    case .map(let map): map.width
    case .unlock: 11
    default: height
    }
  }

  /// Whether walls and doors hide what is behind them; not in rooms without inner walls, as in MiniGrid.
  var hidesBehindWalls: Bool {
    switch self {
    case .emptyRoom, .dynamicObstacles: false
    case .map, .fourRooms, .doorKey, .lavaGap, .crossing, .unlock: true
    }
  }

  /// What can stand in its cells or be carried, beside floor that is empty.
  var objects: Set<GridCell> {
    switch self {
    case .map(let map): map.objects
    case .emptyRoom, .fourRooms: [.wall, .goal]
    case .doorKey: [.wall, .goal, GridCell(.lockedDoor, .yellow), GridCell(.key, .yellow)]
    case .lavaGap, .crossing(_, _, .lava): [.wall, .goal, .lava]
    case .crossing(_, _, .wall): [.wall, .goal]
    case .dynamicObstacles: [.wall, .goal, GridEpisode.obstacle]
    case .unlock:
      Set(GridColor.allCases.flatMap { [GridCell(.lockedDoor, $0), GridCell(.key, $0)] }).union([.wall])
    }
  }
}

extension GridEpisode {
  /// Makes the world of a new episode.
  func start(using random: inout some Randomness) {
    clear()
    switch layout {
    case .map(let map): lay(map, using: &random)
    case .emptyRoom(_, let start): layEmptyRoom(start: start, using: &random)
    case .fourRooms: layFourRooms(using: &random)
    case .doorKey: layDoorKey(using: &random)
    case .lavaGap: layLavaGap(using: &random)
    case .crossing(_, let count, let barrier):
      layCrossing(count: count, barrier: barrier == .lava ? .lava : .wall, using: &random)
    case .dynamicObstacles(_, let count, let start):
      layDynamicObstacles(count: count, start: start, using: &random)
    case .unlock: layUnlock(using: &random)
    }
  }
}

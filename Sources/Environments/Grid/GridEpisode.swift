import RandomStreams

/// A grid world in an episode: the storage of a ``GridWorld``, which its copies share until one of them changes.
///
/// An object because a structure of this size is copied by nearly every call that only looks at it. It is changed only by
/// the world that alone refers to it, so it can be sent to where it is only looked at.
final class GridEpisode: Hashable, @unchecked Sendable {
  /// The most obstacles that can move.
  static let obstacleCapacity = 16

  /// What is where at the start.
  let layout: GridLayout
  /// What steps do.
  let rules: GridRules
  /// How it is observed.
  let observer: GridObserver

  /// What stands where; without the agent and what it carries.
  var grid: Grid
  /// Where the agent stands.
  var agent = GridPosition(row: 0, column: 0)
  /// Where it faces.
  var facing = GridDirection.right
  /// What it carries; ``GridCell/empty`` for nothing.
  var carried = GridCell.empty
  /// The steps since the start.
  var steps = 0
  private var obstacles = InlineArray<16, GridPosition>(repeating: GridPosition(row: 0, column: 0))
  /// How many obstacles move.
  private(set) var obstacleCount = 0

  /// A world that waits for its start.
  init(_ layout: GridLayout, rules: GridRules, observer: GridObserver) {
    self.layout = layout
    self.rules = rules
    self.observer = observer
    grid = Grid(height: layout.height, width: layout.width)
  }

  /// A world of its own that is like another.
  init(copying other: GridEpisode) {
    layout = other.layout
    rules = other.rules
    observer = other.observer
    grid = other.grid
    agent = other.agent
    facing = other.facing
    carried = other.carried
    steps = other.steps
    obstacles = other.obstacles
    obstacleCount = other.obstacleCount
  }

  /// All that an episode changes.
  struct State: Codable, Sendable {
    /// The cells' codes, row by row.
    fileprivate let cells: [UInt8]
    fileprivate let agent: GridPosition
    fileprivate let facing: GridDirection
    fileprivate let carried: UInt8
    fileprivate let steps: Int
    fileprivate let obstacles: [GridPosition]
  }

  /// All that an episode changes.
  var state: State {
    get {
      State(
        cells: (0..<grid.count).map { grid[$0].code }, agent: agent, facing: facing, carried: carried.code,
        steps: steps, obstacles: (0..<obstacleCount).map { obstacles[$0] })
    }
    set {
      for (index, code) in newValue.cells.enumerated() { grid[index] = GridCell(code: code) }
      agent = newValue.agent
      facing = newValue.facing
      carried = GridCell(code: newValue.carried)
      steps = newValue.steps
      obstacleCount = newValue.obstacles.count
      for (index, position) in newValue.obstacles.enumerated() { obstacles[index] = position }
    }
  }

  /// Takes everything out of the grid.
  func clear() {
    grid.clear()
    carried = .empty
    facing = .right
    steps = 0
    obstacleCount = 0
  }

  /// Walls all around.
  func enclose() {
    grid.enclose(rows: 0..<grid.height, columns: 0..<grid.width)
  }

  /// The position before the agent.
  var ahead: GridPosition { agent.next(facing) }

  /// Puts the agent into an empty cell, then draws where it faces.
  func placeAgent(rows: Range<Int>, columns: Range<Int>, using random: inout some Randomness) {
    agent = grid.drawEmpty(rows: rows, columns: columns, except: nil, using: &random)!
    facing = GridDirection(rawValue: random.index(below: 4))!
  }

  /// Puts an object into an empty cell where the agent does not stand.
  func place(
    _ cell: GridCell, rows: Range<Int>, columns: Range<Int>, using random: inout some Randomness
  ) {
    let position = grid.drawEmpty(rows: rows, columns: columns, except: agent, using: &random)!
    grid[position] = cell
  }

  // MARK: Obstacles

  /// What an obstacle is: MiniGrid's blue ball.
  static var obstacle: GridCell { GridCell(.ball, .blue) }

  /// Puts an obstacle that moves into an empty cell.
  func addObstacle(at position: GridPosition) {
    precondition(obstacleCount < Self.obstacleCapacity, "there is room for another obstacle")
    obstacles[obstacleCount] = position
    obstacleCount += 1
    grid[position] = Self.obstacle
  }

  /// Whether an obstacle that moves stands there.
  func isObstacle(at position: GridPosition) -> Bool {
    (0..<obstacleCount).contains { obstacles[$0] == position }
  }

  /// Lets each obstacle go to one of the empty cells around it, drawn with at most 101 attempts, as in MiniGrid; one that
  /// finds none stays.
  func moveObstacles(using random: inout some Randomness) {
    for index in 0..<obstacleCount {
      let old = obstacles[index]
      let new = grid.drawEmpty(
        rows: max(old.row - 1, 0)..<min(old.row + 2, grid.height),
        columns: max(old.column - 1, 0)..<min(old.column + 2, grid.width), except: agent, attempts: 101,
        using: &random)
      guard let new else { continue }
      grid[new] = Self.obstacle
      grid[old] = .empty
      obstacles[index] = new
    }
  }

  static func == (left: GridEpisode, right: GridEpisode) -> Bool {
    (left.agent, left.facing, left.carried, left.steps) == (
      right.agent, right.facing, right.carried, right.steps
    )
      && left.obstacleCount == right.obstacleCount
      && (0..<left.obstacleCount).allSatisfy { left.obstacles[$0] == right.obstacles[$0] }
      && left.grid == right.grid && left.layout == right.layout && left.rules == right.rules
      && left.observer == right.observer
  }

  /// Hashes what most states of one world differ in.
  func hash(into hasher: inout Hasher) {
    hasher.combine(agent)
    hasher.combine(facing)
    hasher.combine(carried)
    hasher.combine(steps)
  }
}

import RandomStreams

/// A map that somebody drew: one character a cell.
///
/// | Character | Cell |
/// | --- | --- |
/// | `.` | empty |
/// | `#` | wall |
/// | `~` | lava |
/// | `G` | goal |
/// | `S` | empty; the agent may start here, facing anywhere |
/// | `>` `v` `<` `^` | empty; the agent may start here, facing as the arrow does |
/// | `*` | an obstacle that moves: a blue ball |
/// | `a`…`f` | key: red, green, blue, purple, yellow, gray |
/// | `A`…`F` | locked door, which the key of the same letter opens |
/// | `1`…`6` | closed door, of the same colors |
/// | `n`…`s` | open door |
/// | `h`…`m` | ball |
/// | `H`…`M` | box |
/// | `U`…`Z` | colored floor |
public struct GridMap: Hashable, Sendable {
  /// How an agent walks.
  public enum Moves: String, Hashable, Sendable, CaseIterable {
    /// It turns, goes forward, and uses its hands: MiniGrid's seven actions.
    case turning
    /// It goes up, right, down or left, and has neither a direction nor hands.
    case compass
  }

  /// What is wrong with a map.
  public struct Problem: Error, Hashable, Sendable {
    /// The row, counted from 0, if it is a single one's problem.
    public let row: Int?
    /// What is wrong, in one line.
    public let message: String
  }

  /// A place to start an episode at.
  struct Start: Hashable, Sendable {
    let position: GridPosition
    /// Nil where it is drawn.
    let facing: GridDirection?
  }

  /// The number of rows and columns that a map may have; in all, it has at most 1,024 cells.
  public static let lengths = 1...64

  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// How the agent walks on it.
  public let moves: Moves
  /// What stands where, row by row, without the obstacles that move.
  let cells: [GridCell]
  /// Where episodes start, row by row.
  let starts: [Start]
  /// Where obstacles are that move.
  let obstacles: [GridPosition]

  private static let arrows: [Character: GridDirection] = [">": .right, "v": .down, "<": .left, "^": .up]

  private static let plainCells: [Character: GridCell] = [
    ".": .empty, "#": .wall, "~": .lava, "G": .goal,
  ]

  /// The characters of an object's colors.
  private static let alphabets: [(object: GridCell.Object, characters: String)] = [
    (.key, "abcdef"), (.lockedDoor, "ABCDEF"), (.closedDoor, "123456"), (.openDoor, "nopqrs"),
    (.ball, "hijklm"), (.box, "HIJKLM"), (.floor, "UVWXYZ"),
  ]

  private static let cellsOfCharacters = alphabets.reduce(into: plainCells) { cells, alphabet in
    for (character, color) in zip(alphabet.characters, GridColor.allCases) {
      cells[character] = GridCell(alphabet.object, color)
    }
  }

  /// Reads a map with one character a cell.
  ///
  /// - Throws: ``Problem`` if the map is empty, too large or not rectangular, holds an unknown character, lacks a start
  ///   or a goal, or has a start from which no way leads to a goal: around the lava, and through locked doors only where a
  ///   key of their color can be had. Whether balls and boxes leave room to carry the keys is not examined.
  public init(rows: [String], moves: Moves) throws(Problem) {
    guard Self.lengths.contains(rows.count) else {
      throw Problem(row: nil, message: "the map has \(rows.count) rows; \(Self.lengths.spelled) are possible")
    }
    let width = rows[0].count
    guard Self.lengths.contains(width) else {
      throw Problem(row: 0, message: "the map has \(width) columns; \(Self.lengths.spelled) are possible")
    }
    guard rows.count * width <= Grid.capacity else {
      throw Problem(
        row: nil,
        message: "the map has \(rows.count) × \(width) cells; at most \(Grid.capacity) are possible")
    }
    (cells, starts, obstacles) = try Self.pieces(in: rows, width: width)
    height = rows.count
    self.width = width
    self.moves = moves
    if obstacles.count > GridEpisode.obstacleCapacity {
      throw Problem(
        row: nil,
        message:
          "\(obstacles.count) obstacles '*' are in the map; at most \(GridEpisode.obstacleCapacity) are possible"
      )
    }
    if starts.isEmpty { throw Problem(row: nil, message: "the map has no start 'S', '>', 'v', '<' or '^'") }
    if !cells.contains(.goal) {
      throw Problem(row: nil, message: "the map has no goal 'G'")
    }
    for start in starts where !canReachGoal(from: start.position) {
      throw Problem(
        row: start.position.row,
        message: "no way leads from the start in column \(start.position.column + 1) to a goal")
    }
  }

  /// What the characters of a map stand for, row by row.
  private static func pieces(
    in rows: [String], width: Int
  ) throws(Problem) -> (cells: [GridCell], starts: [Start], obstacles: [GridPosition]) {
    var cells: [GridCell] = []
    var starts: [Start] = []
    var obstacles: [GridPosition] = []
    for (row, characters) in rows.enumerated() {
      guard characters.count == width else {
        throw Problem(
          row: row, message: "the map's row has \(characters.count) cells, but its first row has \(width)")
      }
      for (column, character) in characters.enumerated() {
        let position = GridPosition(row: row, column: column)
        cells.append(Self.cellsOfCharacters[character] ?? .empty)
        if Self.cellsOfCharacters[character] != nil {
          continue
        } else if character == "S" || Self.arrows[character] != nil {
          starts.append(Start(position: position, facing: Self.arrows[character]))
        } else if character == "*" {
          obstacles.append(position)
        } else {
          let known =
            [". # ~ G S > v < ^ *"] + Self.alphabets.map { "\($0.characters.first!)-\($0.characters.last!)" }
          throw Problem(
            row: row,
            message: "unknown map character '\(character)'; the map's are \(known.joined(separator: " "))")
        }
      }
    }
    return (cells, starts, obstacles)
  }

  /// All that stands in its cells at the start, beside floor that is empty.
  var objects: Set<GridCell> {
    let still = Set(cells).subtracting([.empty])
    return obstacles.isEmpty ? still : still.union([GridEpisode.obstacle])
  }

  /// Whether a goal can be reached if whatever can be carried is out of the way.
  ///
  /// Floods the map anew for each color of keys that it comes upon.
  private func canReachGoal(from start: GridPosition) -> Bool {
    let grid = Grid(height: height, width: width, cells: cells)
    var keys: Set<GridColor> = []
    while true {
      var isReached = Array(repeating: false, count: grid.count)
      var pending = [start]
      var found = keys
      isReached[grid.index(of: start)] = true
      while let position = pending.popLast() {
        for direction in GridDirection.allCases {
          let next = position.next(direction)
          guard grid.contains(next), !isReached[grid.index(of: next)] else { continue }
          let cell = grid[next]
          if cell == .goal { return true }
          guard isPassable(cell, keys: keys) else { continue }
          if cell.object == .key { found.insert(cell.color) }
          isReached[grid.index(of: next)] = true
          pending.append(next)
        }
      }
      if found == keys { return false }
      keys = found
    }
  }

  private func isPassable(_ cell: GridCell, keys: Set<GridColor>) -> Bool {
    switch cell.object {
    case .empty, .floor, .openDoor: true
    case .closedDoor, .key, .ball, .box: moves == .turning
    case .lockedDoor: moves == .turning && keys.contains(cell.color)
    case .wall, .lava, .goal, .unseen: false
    }
  }
}

extension GridEpisode {
  /// What a map shows, with a start that is drawn, and then where the agent faces if the map does not say.
  func lay(_ map: GridMap, using random: inout some Randomness) {
    grid = Grid(height: map.height, width: map.width, cells: map.cells)
    for position in map.obstacles { addObstacle(at: position) }
    let start = map.starts[random.index(below: map.starts.count)]
    agent = start.position
    if map.moves == .turning {
      facing = start.facing ?? GridDirection(rawValue: random.index(below: 4))!
    }
  }
}

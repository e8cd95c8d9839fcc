/// The map of a grid world: what every cell is, and where an agent may start.
///
/// It never changes, so its copies share their storage.
public struct GridMap: Hashable, Sendable {
  /// What a cell is; the raw value is its character in a map.
  public enum Cell: Character, Hashable, Sendable, CaseIterable {
    /// Free to walk on.
    case floor = "."
    /// Free to walk on, and an agent may start here.
    case start = "S"
    /// Cannot be entered.
    case wall = "#"
    /// Ends the episode badly.
    case lava = "~"
    /// Ends the episode well.
    case goal = "G"
  }

  /// What is wrong with a map.
  public struct Problem: Error, Hashable, Sendable {
    /// The row, counted from 0, if it is a single one's problem.
    public let row: Int?
    /// What is wrong, in one line.
    public let message: String
  }

  /// The number of rows and columns that a map may have.
  public static let lengths = 1...64

  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The cells, row by row.
  public let cells: [Cell]
  /// The indices of the cells in which an agent may start, in ascending order.
  public let starts: [Int]

  /// Reads a map with one character a cell; see ``Cell``.
  ///
  /// - Throws: ``Problem`` if the map is empty, too large or not rectangular, holds an unknown character, lacks a start
  ///   or a goal, or has a start from which no way leads to a goal around the lava.
  public init(rows: [String]) throws(Problem) {
    guard Self.lengths.contains(rows.count) else {
      throw Problem(row: nil, message: "the map has \(rows.count) rows; \(Self.lengths.spelled) are possible")
    }
    width = rows[0].count
    guard Self.lengths.contains(width) else {
      throw Problem(row: 0, message: "the map has \(width) columns; \(Self.lengths.spelled) are possible")
    }
    var cells: [Cell] = []
    for (index, row) in rows.enumerated() {
      guard row.count == width else {
        throw Problem(
          row: index, message: "the map's row has \(row.count) cells, but its first row has \(width)")
      }
      for character in row {
        guard let cell = Cell(rawValue: character) else {
          let known = Cell.allCases.map { String($0.rawValue) }.joined(separator: " ")
          throw Problem(row: index, message: "unknown map character '\(character)'; the map's are \(known)")
        }
        cells.append(cell)
      }
    }
    height = rows.count
    self.cells = cells
    starts = cells.indices.filter { cells[$0] == .start }
    if starts.isEmpty { throw Problem(row: nil, message: "the map has no start 'S'") }
    if !cells.contains(.goal) { throw Problem(row: nil, message: "the map has no goal 'G'") }
    for start in starts where shortestWay(from: start) == nil {
      throw Problem(
        row: start / width, message: "no way leads from the start in column \(start % width + 1) to a goal")
    }
  }

  /// The cell that a move from another one leads to: the same one where a wall or the edge of the map is in the way.
  func cell(_ move: GridMove, of cell: Int) -> Int {
    let row = cell / width + move.rows
    let column = cell % width + move.columns
    guard (0..<height).contains(row) && (0..<width).contains(column) else { return cell }
    let target = row * width + column
    return cells[target] == .wall ? cell : target
  }

  /// The moves of a shortest way to a goal that avoids the lava; nil if there is none.
  ///
  /// Breadth first, in time of the number of cells.
  public func shortestWay(from start: Int) -> [GridMove]? {
    var arrivals: [Int: (origin: Int, move: GridMove)] = [:]
    var queue = [start]
    var next = 0
    while next < queue.count {
      var cell = queue[next]
      next += 1
      if cells[cell] == .goal {
        var moves: [GridMove] = []
        while cell != start, let arrival = arrivals[cell] {
          moves.append(arrival.move)
          cell = arrival.origin
        }
        return moves.reversed()
      }
      for move in GridMove.allCases {
        let target = self.cell(move, of: cell)
        guard cells[target] != .lava, target != start, arrivals[target] == nil else { continue }
        arrivals[target] = (cell, move)
        queue.append(target)
      }
    }
    return nil
  }
}

extension ClosedRange<Int> {
  /// The range in the words of a message: `1 to 64`.
  var spelled: String { "\(lowerBound) to \(upperBound)" }
}

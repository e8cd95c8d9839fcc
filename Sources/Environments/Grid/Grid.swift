import RandomStreams

/// The cells of a grid world, in place: a world that steps touches no memory but its own.
///
/// What steps and observations look at is always inlined: a call would copy the whole grid.
struct Grid: Hashable, Sendable {
  /// The most cells that a grid can have.
  static let capacity = 1024

  /// The number of rows.
  let height: Int
  /// The number of columns.
  let width: Int
  private var cells = InlineArray<1024, GridCell>(repeating: .empty)

  /// An empty grid.
  ///
  /// - Precondition: it has from 1 to ``capacity`` cells.
  init(height: Int, width: Int) {
    precondition(
      height > 0 && width > 0 && height * width <= Self.capacity, "the grid has room for its cells")
    self.height = height
    self.width = width
  }

  /// A grid of cells, given row by row.
  init(height: Int, width: Int, cells: [GridCell]) {
    self.init(height: height, width: width)
    precondition(cells.count == count, "there is one for each cell")
    for index in 0..<count { self.cells[index] = cells[index] }
  }

  /// The number of cells.
  var count: Int { height &* width }

  /// A cell by its index, row by row.
  subscript(index: Int) -> GridCell {
    @inline(__always) get { cells[index] }
    @inline(__always) set { cells[index] = newValue }
  }

  /// A cell; a wall beyond the edges.
  ///
  /// - Precondition: when set, the position is within the edges.
  subscript(position: GridPosition) -> GridCell {
    @inline(__always) get { contains(position) ? cells[index(of: position)] : .wall }
    @inline(__always) set {
      precondition(contains(position), "the position is in the grid")
      cells[index(of: position)] = newValue
    }
  }

  /// A cell; see `subscript(position:)`.
  subscript(row: Int, column: Int) -> GridCell {
    get { self[GridPosition(row: row, column: column)] }
    set { self[GridPosition(row: row, column: column)] = newValue }
  }

  /// The index of a position.
  @inline(__always)
  func index(of position: GridPosition) -> Int { position.row &* width &+ position.column }

  /// Whether a position is within the edges.
  @inline(__always)
  func contains(_ position: GridPosition) -> Bool {
    UInt(bitPattern: position.row) < UInt(height) && UInt(bitPattern: position.column) < UInt(width)
  }

  /// Makes all cells empty.
  mutating func clear() {
    for index in 0..<count { cells[index] = .empty }
  }

  /// Fills the crossing of rows and columns with one object.
  mutating func fill(rows: Range<Int>, columns: Range<Int>, with cell: GridCell) {
    for row in rows {
      for column in columns { self[row, column] = cell }
    }
  }

  /// Puts walls along the four sides of a rectangle.
  mutating func enclose(rows: Range<Int>, columns: Range<Int>) {
    for row in rows {
      self[row, columns.lowerBound] = .wall
      self[row, columns.upperBound - 1] = .wall
    }
    for column in columns {
      self[rows.lowerBound, column] = .wall
      self[rows.upperBound - 1, column] = .wall
    }
  }

  /// Draws columns and rows, in this order, until they give an empty cell, as MiniGrid does.
  ///
  /// - Parameters:
  ///   - rows, columns: where to look.
  ///   - taken: a position that does not count as empty; nil for none.
  ///   - attempts: how many positions to draw at most.
  /// - Returns: nil if no attempt found one.
  func drawEmpty(
    rows: Range<Int>, columns: Range<Int>, except taken: GridPosition?, attempts: Int = .max,
    using random: inout some Randomness
  ) -> GridPosition? {
    for _ in 0..<attempts {
      let column = columns.lowerBound + random.index(below: columns.count)
      let row = rows.lowerBound + random.index(below: rows.count)
      let position = GridPosition(row: row, column: column)
      if self[position] == .empty && position != taken { return position }
    }
    return nil
  }

  static func == (left: Grid, right: Grid) -> Bool {
    (left.height, left.width) == (right.height, right.width)
      && (0..<left.count).allSatisfy { left.cells[$0] == right.cells[$0] }
  }

  func hash(into hasher: inout Hasher) {
    for index in 0..<count { hasher.combine(cells[index].code) }
  }
}

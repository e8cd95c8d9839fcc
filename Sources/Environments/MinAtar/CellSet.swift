/// Some cells of a board of 10 × 10, one bit each.
struct CellSet: Hashable, Sendable {
  /// The number of rows and of columns.
  static var side: Int { 10 }

  /// All columns.
  static var columns: Range<Int8> { 0..<10 }

  /// The index of a cell, row by row from 0.
  @inline(__always)
  static func index(row: Int8, column: Int8) -> Int { Int(row) &* 10 &+ Int(column) }

  /// Row by row, the first cell in the lowest bit.
  private(set) var bits: UInt128

  private static var all: UInt128 { 0xf_ffff_ffff_ffff_ffff_ffff_ffff }
  private static var firstRow: UInt128 { 0x3ff }
  private static var firstColumn: UInt128 { 0x401_0040_1004_0100_4010_0401 }

  private init(bits: UInt128) { self.bits = bits }

  /// No cells.
  init() { bits = 0 }

  /// One cell; none if the column is not on the board.
  ///
  /// - Precondition: the row is on the board.
  init(row: Int, column: Int) {
    self.init()
    insert(row: row, column: column)
  }

  /// All cells of some rows and columns of the board.
  init(rows: Range<Int>, columns: Range<Int>) {
    self.init()
    for row in rows { formUnion(CellSet(row: row, columns: columns)) }
  }

  /// The cells of some columns in one row.
  ///
  /// - Precondition: row and columns are on the board.
  init(row: Int, columns: Range<Int>) {
    bits = (1 << UInt128(columns.count) - 1) << UInt128(10 * row + columns.lowerBound)
  }

  /// Whether there are no cells.
  var isEmpty: Bool { bits == 0 }

  /// The number of cells.
  var count: Int { bits.nonzeroBitCount }

  /// Whether a cell is in the set.
  func contains(row: Int, column: Int) -> Bool {
    bits >> UInt128(truncatingIfNeeded: row &* 10 &+ column) & 1 == 1
  }

  /// Adds a cell, unless the column is not on the board.
  ///
  /// - Precondition: the row is on the board.
  mutating func insert(row: Int, column: Int) {
    guard (0..<10).contains(column) else { return }
    bits |= 1 << UInt128(truncatingIfNeeded: row &* 10 &+ column)
  }

  /// Takes a cell out.
  mutating func remove(row: Int, column: Int) {
    bits &= ~(1 << UInt128(truncatingIfNeeded: row &* 10 &+ column))
  }

  /// Adds the cells of another set.
  mutating func formUnion(_ other: CellSet) { bits |= other.bits }

  /// Takes the cells of another set out.
  mutating func subtract(_ other: CellSet) { bits &= ~other.bits }

  /// The cells that are in both sets.
  func intersection(_ other: CellSet) -> CellSet { CellSet(bits: bits & other.bits) }

  /// The cells of one row.
  func row(_ row: Int) -> CellSet {
    CellSet(bits: bits & Self.firstRow << UInt128(truncatingIfNeeded: row &* 10))
  }

  /// The cells of one column.
  func column(_ column: Int) -> CellSet {
    CellSet(bits: bits & Self.firstColumn << UInt128(truncatingIfNeeded: column))
  }

  /// The row of the lowest cell; nil if there is none.
  var lowestRow: Int? { isEmpty ? nil : (127 - bits.leadingZeroBitCount) / 10 }

  /// All cells one row up; those of the top row are gone.
  var movedUp: CellSet { CellSet(bits: bits >> 10) }

  /// All cells one row down; those of the bottom row are gone.
  var movedDown: CellSet { CellSet(bits: bits << 10 & Self.all) }

  /// All cells one column to the right or, for −1, to the left.
  ///
  /// - Precondition: none leaves the board.
  func moved(columns: Int) -> CellSet {
    precondition(column(columns > 0 ? 9 : 0).isEmpty, "no cell leaves the board")
    return CellSet(bits: columns > 0 ? bits << 1 : bits >> 1)
  }

  /// All cells one row down; those of the bottom row come back in the top row.
  var rotatedDown: CellSet { CellSet(bits: (bits << 10 | bits >> 90) & Self.all) }

  /// Calls a function with the index of each cell, row by row.
  @inline(__always)
  func forEach(_ visit: (Int) -> Void) {
    // In two halves: 64 bits are a register.
    var half = UInt64(truncatingIfNeeded: bits)
    while half != 0 {
      visit(half.trailingZeroBitCount)
      half &= half &- 1
    }
    half = UInt64(truncatingIfNeeded: bits >> 64)
    while half != 0 {
      visit(half.trailingZeroBitCount &+ 64)
      half &= half &- 1
    }
  }
}

extension CellSet: Codable {
  /// Writes the bits in two halves, because few encoders know 128-bit integers.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(UInt64(truncatingIfNeeded: bits))
    try container.encode(UInt64(truncatingIfNeeded: bits >> 64))
  }

  /// Reads what ``encode(to:)`` writes.
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    let low = try container.decode(UInt64.self)
    bits = UInt128(try container.decode(UInt64.self)) << 64 | UInt128(low)
  }
}

/// The pixels of a rectangle of a canvas.
struct SquareWindow: Hashable, Sendable {
  let top: Int
  let left: Int
  let height: Int
  let width: Int

  /// Row by row.
  var pixels: [(row: Int, column: Int)] {
    (top..<(top + height)).flatMap { row in (left..<(left + width)).map { (row, $0) } }
  }

  func contains(_ pixel: (row: Int, column: Int)) -> Bool {
    (top..<(top + height)).contains(pixel.row) && (left..<(left + width)).contains(pixel.column)
  }
}

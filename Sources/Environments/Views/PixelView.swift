/// A board of cells as square gray pixels: each cell is a tile, drawn once for all.
///
/// The tiles are as large as fit, and the board stands in the middle of a black frame.
struct PixelView: Hashable, Sendable {
  /// The numbers of pixels of a side that a definition may choose.
  static let sizes = [42, 84]

  /// The number of pixels of each side.
  let size: Int
  private let tileSize: Int
  /// Where the board's first pixel stands.
  private let firstRow, firstColumn: Int
  /// The gray levels of all tiles in [0, 1], tile by tile and row by row.
  private let tiles: [Float]

  /// Draws every tile.
  ///
  /// - Parameters:
  ///   - size: the number of pixels of each side.
  ///   - rows, columns: of the board.
  ///   - tileCount: how many different tiles there are.
  ///   - draw: draws the tile of an index over the whole of a square picture.
  /// - Precondition: every cell gets at least one pixel.
  init(
    size: Int, rows: Int, columns: Int, tileCount: Int, draw: (_ tile: Int, _ picture: inout Picture) -> Void
  ) {
    let tileSize = size / max(rows, columns)
    precondition(tileSize > 0, "every cell gets at least one pixel")
    self.size = size
    self.tileSize = tileSize
    firstRow = (size - rows * tileSize) / 2
    firstColumn = (size - columns * tileSize) / 2
    tiles = (0..<tileCount).flatMap { tile -> [Float] in
      var picture = Picture(width: tileSize, height: tileSize)
      draw(tile, &picture)
      return picture.pixels.map { Float($0.luma) / 255 }
    }
  }

  /// One channel of gray.
  var space: BoxSpace { BoxSpace(height: size, width: size, channels: 1, rawMaxima: [255]) }

  /// Copies a tile to a cell of the board. Cells that are not drawn keep what the frame held.
  ///
  /// - Precondition: the frame has `size * size` entries, and the cell is on the board.
  func draw(_ tile: Int, row: Int, column: Int, into frame: inout MutableSpan<Float>) {
    var source = tile * tileSize * tileSize
    var target = (firstRow + row * tileSize) * size + firstColumn + column * tileSize
    for _ in 0..<tileSize {
      for offset in 0..<tileSize { frame[target &+ offset] = tiles[source &+ offset] }
      source += tileSize
      target += size
    }
  }
}

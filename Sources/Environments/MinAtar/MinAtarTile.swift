/// What a thing looks like on a picture: a shape of one color on black.
public struct MinAtarTile: Hashable, Sendable {
  /// The part of a cell that a thing covers.
  public enum Shape: Hashable, Sendable {
    /// All of it.
    case block
    /// Half of its width and height.
    case dot
  }

  /// The color; those of a game differ in brightness, too.
  public let color: Picture.Color
  /// The shape.
  public let shape: Shape

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ shape: Shape = .block) {
    color = Picture.Color(red, green, blue)
    self.shape = shape
  }

  func draw(into picture: inout Picture, row: Int = 0, column: Int = 0, size: Int) {
    picture.fill(row: row, column: column, size: size, with: color) { x, y in
      shape == .block || (max(abs(x - 0.5), abs(y - 0.5)) < 0.26)
    }
  }
}

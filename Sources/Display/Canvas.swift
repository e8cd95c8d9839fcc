/// A picture in memory, that everything is drawn into before it goes to a file or a window.
///
/// Rows run downward from the top left corner. Drawing that reaches past an edge is cut off there.
public struct Canvas: Hashable, Sendable {
  /// The number of columns, at least 1.
  public let width: Int
  /// The number of rows, at least 1.
  public let height: Int
  /// Red, green and blue of each pixel, row after row: `3 * width * height` bytes without padding.
  public private(set) var bytes: [UInt8]
  /// Whether text is kept among ``labels`` instead of being drawn.
  public let keepsLabels: Bool
  /// The text that was kept, in the order of drawing.
  public internal(set) var labels: [Label] = []

  /// A canvas of one color. Width and height must be at least 1.
  public init(width: Int, height: Int, color: Color = Color(0x000000), keepsLabels: Bool = false) {
    precondition(width >= 1 && height >= 1, "A canvas of \(width) x \(height) pixels has no pixel.")
    self.width = width
    self.height = height
    self.keepsLabels = keepsLabels
    bytes = [UInt8](repeating: 0, count: 3 * width * height)
    fill(Rectangle(x: 0, y: 0, width: width, height: height), with: color)
  }

  /// The pixel in column `x` (0 ..< width) and row `y` (0 ..< height).
  public subscript(x: Int, y: Int) -> Color {
    get {
      let offset = offset(x, y)
      return Color(red: bytes[offset], green: bytes[offset + 1], blue: bytes[offset + 2])
    }
    set {
      let offset = offset(x, y)
      bytes[offset] = newValue.red
      bytes[offset + 1] = newValue.green
      bytes[offset + 2] = newValue.blue
    }
  }

  /// Fills the part of a rectangle that is on the canvas.
  public mutating func fill(_ rectangle: Rectangle, with color: Color) {
    let columns = max(0, rectangle.x)..<max(0, rectangle.x, min(width, rectangle.right))
    for y in max(0, rectangle.y)..<max(0, rectangle.y, min(height, rectangle.bottom)) {
      var offset = 3 * (y * width + columns.lowerBound)
      for _ in columns {
        bytes[offset] = color.red
        bytes[offset + 1] = color.green
        bytes[offset + 2] = color.blue
        offset += 3
      }
    }
  }

  /// Draws the inner edge of a rectangle, `thickness` pixels wide: nothing is drawn outside of the rectangle.
  public mutating func outline(_ rectangle: Rectangle, with color: Color, thickness: Int = 1) {
    let thickness = min(thickness, (rectangle.width + 1) / 2, (rectangle.height + 1) / 2)
    var horizontal = rectangle
    horizontal.height = thickness
    fill(horizontal, with: color)
    horizontal.y = rectangle.bottom - thickness
    fill(horizontal, with: color)
    var vertical = rectangle
    vertical.width = thickness
    fill(vertical, with: color)
    vertical.x = rectangle.right - thickness
    fill(vertical, with: color)
  }

  private func offset(_ x: Int, _ y: Int) -> Int {
    precondition(
      x >= 0 && x < width && y >= 0 && y < height, "There is no pixel (\(x), \(y)) on \(width) x \(height).")
    return 3 * (y * width + x)
  }
}

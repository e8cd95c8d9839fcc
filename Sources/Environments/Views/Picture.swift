/// A picture for people in memory: red, green and blue of 8 bits, row by row from the top.
///
/// Environments draw themselves into it; a pixel view is the same drawing in gray.
public struct Picture: Hashable, Sendable {
  /// A color.
  public struct Color: Hashable, Sendable {
    /// Red, green and blue, each 0 to 255.
    public let red, green, blue: UInt8

    /// A color of three parts.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      self.red = red
      self.green = green
      self.blue = blue
    }

    /// A gray.
    public init(gray: UInt8) { self.init(gray, gray, gray) }

    /// How bright it looks, 0 to 255: ITU-R BT.601's luma, rounded.
    public var luma: UInt8 {
      let thousandths = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue)
      return UInt8((thousandths + 500) / 1000)
    }
  }

  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The colors, row by row.
  public private(set) var pixels: [Color]

  /// A picture of one color.
  ///
  /// - Precondition: width and height are positive.
  public init(width: Int, height: Int, color: Color = Color(gray: 0)) {
    precondition(width > 0 && height > 0, "a picture has at least one pixel")
    self.width = width
    self.height = height
    pixels = Array(repeating: color, count: width * height)
  }

  /// The color at a row and a column of the picture.
  public subscript(row: Int, column: Int) -> Color {
    get { pixels[row * width + column] }
    set { pixels[row * width + column] = newValue }
  }

  /// Fills every pixel whose center the shape contains; its coordinates run from 0 to 1, to the right and down, over the
  /// square of `size` pixels whose upper left corner is at a row and a column.
  ///
  /// - Precondition: the square lies within the picture.
  public mutating func fill(
    row: Int, column: Int, size: Int, with color: Color,
    where contains: (_ x: Float, _ y: Float) -> Bool = { _, _ in true }
  ) {
    for y in 0..<size {
      for x in 0..<size where contains((Float(x) + 0.5) / Float(size), (Float(y) + 0.5) / Float(size)) {
        self[row + y, column + x] = color
      }
    }
  }
}

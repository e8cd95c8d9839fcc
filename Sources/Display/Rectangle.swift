/// A rectangle of pixels. The origin is the canvas's top left corner, y grows downward.
public struct Rectangle: Hashable, Sendable {
  /// The leftmost column.
  public var x: Int
  /// The topmost row.
  public var y: Int
  /// The number of columns; none are covered where it is below 1.
  public var width: Int
  /// The number of rows; none are covered where it is below 1.
  public var height: Int

  /// The rectangle with its top left corner at (x, y).
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The first column to the right of it.
  public var right: Int { x + width }

  /// The first row below it.
  public var bottom: Int { y + height }

  /// The rectangle that has `amount` pixels less at each side (more, for a negative amount).
  public func inset(by amount: Int) -> Rectangle {
    Rectangle(x: x + amount, y: y + amount, width: width - 2 * amount, height: height - 2 * amount)
  }
}

/// The extents of a tensor, outermost first; images are [batch, height, width, channels].
///
/// Kept inline (no heap), because every operation makes one. At most six axes, each below 2³¹.
public struct Shape: Hashable, Sendable {
  /// The largest number of axes.
  public static let maximumRank = 6

  /// The extents, two axes in each; 1 behind the last. In pairs, because a longer vector would align all that holds a shape
  /// to more than 8 bytes, for which memory is slow to get.
  private var outer = SIMD2<Int32>(1, 1)
  private var middle = SIMD2<Int32>(1, 1)
  private var inner = SIMD2<Int32>(1, 1)
  /// The number of axes; a scalar has none.
  public let rank: Int
  /// The number of elements: the product of the extents, 1 for a scalar.
  public let count: Int

  /// The shape with the given extents.
  /// - Precondition: at most six extents, none negative.
  public init(_ dimensions: some Collection<Int>) {
    precondition(
      dimensions.count <= Self.maximumRank,
      "a shape has at most \(Self.maximumRank) axes, not \(dimensions.count)")
    var count = 1
    for (axis, extent) in dimensions.enumerated() {
      precondition(extent >= 0, "an extent cannot be negative: \(extent)")
      switch axis / 2 {
      case 0: outer[axis % 2] = Int32(extent)
      case 1: middle[axis % 2] = Int32(extent)
      default: inner[axis % 2] = Int32(extent)
      }
      count *= extent
    }
    self.rank = dimensions.count
    self.count = count
  }

  /// The shape of a vector.
  init(_ extent: Int) {
    outer[0] = Int32(extent)
    rank = 1
    count = extent
  }

  /// The shape of a matrix.
  init(_ rows: Int, _ columns: Int) {
    outer = SIMD2(Int32(rows), Int32(columns))
    rank = 2
    count = rows * columns
  }

  /// The extents, outermost first.
  public var dimensions: [Int] { (0..<rank).map { self[$0] } }

  /// The extent of an axis; negative axes count from the end, so that −1 is the last.
  public subscript(axis: Int) -> Int {
    let axis = resolved(axis)
    return Int((axis < 2 ? outer : axis < 4 ? middle : inner)[axis % 2])
  }

  /// The axis as a number from 0: −1 is the last.
  /// - Precondition: the axis exists.
  func resolved(_ axis: Int) -> Int {
    let index = axis < 0 ? axis + rank : axis
    precondition(index >= 0 && index < rank, "axis \(axis) of a shape with \(rank) axes")
    return index
  }

  /// The same shape with one extent changed.
  func replacing(axis: Int, with extent: Int) -> Shape {
    var dimensions = dimensions
    dimensions[resolved(axis)] = extent
    return Shape(dimensions)
  }

  /// The same shape without one axis.
  func removing(axis: Int) -> Shape {
    var dimensions = dimensions
    dimensions.remove(at: resolved(axis))
    return Shape(dimensions)
  }

  /// A view of the shape as [outer, axis, inner], the form in which every kernel along an axis works.
  func split(at axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    let axis = resolved(axis)
    if axis == rank - 1, self[axis] > 0 { return (count / self[axis], self[axis], 1) }
    var outer = 1
    var inner = 1
    for index in 0..<axis { outer *= self[index] }
    for index in (axis + 1)..<rank { inner *= self[index] }
    return (outer, self[axis], inner)
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// The shape with the given extents, outermost first.
  public init(arrayLiteral dimensions: Int...) { self.init(dimensions) }
}

extension Shape: CustomStringConvertible {
  /// The extents as a person writes them: `[32, 10, 10, 4]`.
  public var description: String { "\(dimensions)" }
}

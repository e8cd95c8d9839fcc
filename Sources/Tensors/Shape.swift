/// The extents of a tensor, outermost first; images are [batch, height, width, channels].
///
/// Kept inline (no heap), because every operation makes one. At most six axes, each below 2³¹.
public struct Shape: Hashable, Sendable {
  /// The largest number of axes.
  public static let maximumRank = 6

  /// The extents of the first four axes and of the others; 1 behind the last. Two halves, because eight in one vector
  /// would align all that holds a shape to 32 bytes, for which memory is slow to get.
  private var first: SIMD4<Int32>
  private var others: SIMD4<Int32>
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
    first = SIMD4(repeating: 1)
    others = first
    var count = 1
    for (axis, extent) in dimensions.enumerated() {
      precondition(extent >= 0, "an extent cannot be negative: \(extent)")
      if axis < 4 { first[axis] = Int32(extent) } else { others[axis - 4] = Int32(extent) }
      count *= extent
    }
    self.rank = dimensions.count
    self.count = count
  }

  /// The shape of a vector.
  init(_ extent: Int) {
    first = SIMD4(Int32(extent), 1, 1, 1)
    others = SIMD4(repeating: 1)
    rank = 1
    count = extent
  }

  /// The shape of a matrix.
  init(_ rows: Int, _ columns: Int) {
    first = SIMD4(Int32(rows), Int32(columns), 1, 1)
    others = SIMD4(repeating: 1)
    rank = 2
    count = rows * columns
  }

  /// The extents, outermost first.
  public var dimensions: [Int] { (0..<rank).map { self[$0] } }

  /// The extent of an axis; negative axes count from the end, so that −1 is the last.
  public subscript(axis: Int) -> Int {
    let axis = resolved(axis)
    return Int(axis < 4 ? first[axis] : others[axis - 4])
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

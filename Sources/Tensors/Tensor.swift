/// An array of Float32 with a shape, row-major; images are [batch, height, width, channels].
///
/// A value: operations return new tensors. A tensor that stems from one made by ``tracked()`` also knows how it was
/// computed, so that ``gradients(at:)`` can follow the computation back (reverse-mode differentiation). Others cost
/// nothing beyond their elements.
public struct Tensor: Sendable {
  /// The extents, outermost first.
  public let shape: Shape
  private(set) var storage: Storage
  /// Where on the tape this value was computed; nil when nothing upstream wants a gradient.
  let node: Node?

  init(_ shape: Shape, _ storage: Storage, node: Node? = nil) {
    self.shape = shape
    self.storage = storage
    self.node = node
  }

  /// A tensor of uninitialized elements that `body` must write, all of them.
  @inline(__always)
  init(_ shape: Shape, writing body: (UnsafeMutablePointer<Float>) -> Void) {
    storage = Storage(shape.count)
    self.shape = shape
    node = nil
    body(storage.pointer)
  }

  /// The number of elements.
  public var count: Int { shape.count }

  var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
}

// MARK: - Making tensors

extension Tensor {
  /// A tensor of the given elements, in row-major order.
  /// - Precondition: as many elements as the shape has room for.
  public init(_ elements: [Float], shape: Shape) {
    precondition(
      elements.count == shape.count, "\(elements.count) elements for the shape \(shape) of \(shape.count)")
    self.init(shape) { destination in
      elements.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { destination.update(from: base, count: source.count) }
      }
    }
  }

  /// A vector of the given elements.
  public init(_ elements: [Float]) { self.init(elements, shape: Shape(elements.count)) }

  /// A scalar: shape [].
  public init(_ value: Float) { self.init([]) { $0[0] = value } }

  /// A tensor whose elements are all the same.
  public init(repeating value: Float, shape: Shape) {
    self.init(shape) { $0.update(repeating: value, count: shape.count) }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape: shape) }

  /// A tensor of zeros that `body` then writes, in row-major order.
  public init<Failure>(
    shape: Shape, initializingWith body: (inout MutableSpan<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    self.init(repeating: 0, shape: shape)
    defer { withExtendedLifetime(storage) {} }
    var span = UnsafeMutableBufferPointer(start: storage.pointer, count: shape.count).mutableSpan
    try body(&span)
  }
}

// MARK: - Reading and changing elements

extension Tensor {
  /// The elements in row-major order. O(count).
  public var elements: [Float] {
    withExtendedLifetime(storage) { Array(UnsafeBufferPointer(start: storage.pointer, count: count)) }
  }

  /// The only element.
  /// - Precondition: the tensor has exactly one.
  public var scalar: Float {
    precondition(count == 1, "a tensor of shape \(shape) is not a scalar")
    return withExtendedLifetime(storage) { storage.pointer[0] }
  }

  /// Reads the elements, in row-major order, without copying them.
  public func withElements<Result, Failure>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.pointer, count: count).span)
  }

  /// Changes the elements in place; copies them first if another tensor shares them. The result is off the tape.
  public mutating func withMutableElements<Result, Failure>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    var span = UnsafeMutableBufferPointer(start: storage.pointer, count: count).mutableSpan
    return try body(&span)
  }

  /// The kernel's door: the elements as a raw pointer to `count` floats, rounded up to a multiple of 16.
  func withUnsafeElements<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
    withExtendedLifetime(storage) { body(pointer) }
  }

  /// The kernel's door to in-place change; copies first if another tensor shares the elements.
  mutating func withUnsafeMutableElements<Result>(_ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    makeUnique()
    return withExtendedLifetime(storage) { body(storage.pointer) }
  }

  /// As ``withUnsafeMutableElements(_:)``, for kernels that change several tensors at once: the pointer is valid as long as
  /// this tensor keeps its elements.
  mutating func uniquePointer() -> UnsafeMutablePointer<Float> {
    makeUnique()
    return storage.pointer
  }

  private mutating func makeUnique() {
    // On the tape, what is changed in place would no longer be what the node computed.
    if node == nil, hasOwnStorage() { return }
    self = Tensor(shape) { $0.update(from: storage.pointer, count: count) }
  }

  /// Whether nobody else holds the elements: they may then be written over.
  private mutating func hasOwnStorage() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// Where a result of this shape may go that takes this tensor's place: its own elements, unless others share them. A tape
  /// does not matter, because what looks back at elements holds them.
  private mutating func storageForResult() -> Storage { hasOwnStorage() ? storage : Storage(count) }

  /// Adds another tensor of the same shape, or its negative: in place, unless others share the elements. The result is off
  /// the tape.
  mutating func accumulate(_ summand: Tensor, isNegated: Bool) {
    precondition(shape == summand.shape, "shapes differ: \(shape) and \(summand.shape)")
    let kernel = isNegated ? Kernels.table.subtract : Kernels.table.add
    let result = storageForResult()
    withExtendedLifetime(summand.storage) { kernel(count, pointer, summand.pointer, result.pointer) }
    self = Tensor(shape, result)
  }

  /// The rectifier's gradient: multiplies the elements by the slope where those of another tensor of the same shape are not
  /// positive. In place, unless others share the elements. The result is off the tape.
  mutating func rectify(where output: Tensor, slope: Float) {
    precondition(shape == output.shape, "shapes differ: \(shape) and \(output.shape)")
    let result = storageForResult()
    withExtendedLifetime(output.storage) {
      Kernels.table.rectifier_gradient(count, pointer, output.pointer, slope, result.pointer)
    }
    self = Tensor(shape, result)
  }

  /// The same for intervals center ± radius: makes of the gradients with respect to what `rectifiedIntervals` gives those with
  /// respect to what it takes.
  static func rectifyIntervals(
    _ ofCenter: inout Tensor, _ ofRadius: inout Tensor, where center: Tensor, _ radius: Tensor, slope: Float
  ) {
    let shape = center.shape
    precondition(
      ofCenter.shape == shape && ofRadius.shape == shape && radius.shape == shape,
      "shapes differ: \(ofCenter.shape), \(ofRadius.shape), \(shape) and \(radius.shape)")
    let results = (ofCenter.storageForResult(), ofRadius.storageForResult())
    withExtendedLifetimes(center.storage, radius.storage) {
      Kernels.table.intervals_gradient(
        shape.count, ofCenter.pointer, ofRadius.pointer, center.pointer, radius.pointer, slope,
        results.0.pointer, results.1.pointer)
    }
    (ofCenter, ofRadius) = (Tensor(shape, results.0), Tensor(shape, results.1))
  }

  /// Makes of each element what `body` makes of it and of the other tensor's element. In place, unless others share the
  /// elements. The result is off the tape.
  @inline(__always)
  mutating func map(with other: Tensor, _ body: (Float, Float) -> Float) {
    precondition(shape == other.shape, "shapes differ: \(shape) and \(other.shape)")
    guard hasOwnStorage() else {
      self = mapping(self, other, body)
      return
    }
    withExtendedLifetimes(storage, other.storage) {
      let (own, others) = (storage.pointer, other.pointer)
      for index in 0..<wholeVectors(count) { own[index] = body(own[index], others[index]) }
    }
    self = stoppingGradient()
  }

  /// Whether something upstream is tracked, so that gradients pass here.
  public var isOnTape: Bool { node != nil }

  /// The same values off the tape: gradients stop here.
  public func stoppingGradient() -> Tensor { Tensor(shape, storage) }
}

extension Tensor: Equatable {
  /// Same shape and the same elements, compared as floats.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.shape == right.shape
      && left.withElements { left in
        right.withElements { right in left.indices.allSatisfy { left[$0] == right[$0] } }
      }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first elements.
  public var description: String {
    let shown = withElements { elements in
      elements.indices.prefix(8).map { "\(elements[$0])" }.joined(separator: ", ")
    }
    return "Tensor \(shape) [\(shown)\(count > 8 ? ", …" : "")]"
  }
}

/// A fixed number of elements, stored where the board itself is: no allocation, and a copy is a copy of the elements.
///
/// `InlineArray` with what it lacks: boards of equal elements are equal.
struct Board<let count: Int, Element> {
  private var elements: InlineArray<count, Element>

  /// A board whose elements are all the same.
  @inline(__always)
  init(repeating element: Element) { elements = InlineArray(repeating: element) }

  /// The indices, from 0.
  var indices: Range<Int> { 0..<count }

  /// The element at an index.
  ///
  /// - Precondition: the index is one of ``indices``.
  subscript(_ index: Int) -> Element {
    @inline(__always) get { elements[index] }
    @inline(__always) set { elements[index] = newValue }
  }
}

extension Board: Sendable where Element: Sendable {}

extension Board: Equatable where Element: Equatable {
  /// Whether all elements are equal.
  static func == (first: Board, second: Board) -> Bool {
    first.indices.allSatisfy { first[$0] == second[$0] }
  }
}

extension Board: Codable where Element: Codable {
  /// Writes the elements in their order.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for index in indices { try container.encode(self[index]) }
  }

  /// Reads as many elements as the board has.
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    self.init(repeating: try container.decode(Element.self))
    for index in indices.dropFirst() { self[index] = try container.decode(Element.self) }
  }
}

extension Board: Hashable where Element: Hashable {
  /// Hashes all elements.
  func hash(into hasher: inout Hasher) {
    for index in indices { hasher.combine(self[index]) }
  }
}

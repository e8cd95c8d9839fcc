/// A list of at most so many elements, stored where the list itself is.
struct BoundedList<let capacity: Int, Element: Hashable & Sendable>: Sendable {
  private(set) var count = 0
  // What lies beyond the count is left over.
  private var storage: Board<capacity, Element>

  /// An empty list; its storage is filled with some element.
  init(filler: Element) { storage = Board(repeating: filler) }

  var indices: Range<Int> { 0..<count }

  /// - Precondition: the index is one of ``indices``.
  subscript(_ index: Int) -> Element {
    @inline(__always) get {
      precondition(index < count, "an index of the list")
      return storage[index]
    }
    @inline(__always) set {
      precondition(index < count, "an index of the list")
      storage[index] = newValue
    }
  }

  /// - Precondition: the list is not full.
  mutating func append(_ element: Element) {
    storage[count] = element
    count += 1
  }

  /// Takes an element out; those behind it move up.
  mutating func remove(at index: Int) {
    precondition(index < count, "an index of the list")
    for later in index + 1..<count { storage[later - 1] = storage[later] }
    count -= 1
  }

  /// Takes out the first element that equals the one at an index, which need not be that one.
  ///
  /// - Returns: where the one of the index is now; nil if it is gone.
  @discardableResult
  mutating func removeFirst(equalToThatAt index: Int) -> Int? {
    let element = self[index]
    for earlier in 0..<index where storage[earlier] == element {
      remove(at: earlier)
      return index - 1
    }
    remove(at: index)
    return nil
  }

  func firstIndex(where isWanted: (Element) -> Bool) -> Int? {
    for index in indices where isWanted(storage[index]) { return index }
    return nil
  }
}

extension BoundedList: Codable where Element: Codable {}

extension BoundedList: Hashable {
  static func == (first: BoundedList, second: BoundedList) -> Bool {
    first.count == second.count && first.indices.allSatisfy { first[$0] == second[$0] }
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for index in indices { hasher.combine(self[index]) }
  }
}

extension Randomness {
  /// Brings the elements into a uniformly random order, with one draw for all but one of them.
  ///
  /// Fisher and Yates's shuffle from the last element down; with ``RandomStream`` NumPy's `shuffle`.
  @inlinable
  public mutating func shuffle<Elements>(_ elements: inout Elements)
  where Elements: MutableCollection & RandomAccessCollection, Elements.Index == Int {
    let start = elements.startIndex
    for remaining in stride(from: elements.count, to: 1, by: -1) {
      elements.swapAt(start + remaining - 1, start + place(below: remaining))
    }
  }

  /// Draws a uniformly random order of `0..<count`; with ``RandomStream`` NumPy's `permutation(count)`.
  ///
  /// - Precondition: `count` is not negative.
  @inlinable
  public mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }
}

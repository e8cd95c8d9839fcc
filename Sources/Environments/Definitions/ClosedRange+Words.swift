extension ClosedRange<Int> {
  /// The range in the words of a message: `1 to 64`.
  var spelled: String { "\(lowerBound) to \(upperBound)" }
}

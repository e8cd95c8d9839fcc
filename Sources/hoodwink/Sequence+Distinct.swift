extension Sequence where Element: Equatable {
  /// Each element once, in the order of its first place. O(n·k) for n elements of which k are distinct.
  func distinct() -> [Element] {
    reduce(into: []) { distinct, element in
      if !distinct.contains(element) { distinct.append(element) }
    }
  }
}

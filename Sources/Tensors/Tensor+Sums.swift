extension Tensor {
  /// The sums of lists of tensors, element by element, in the order of the lists: the same bits with any number of threads,
  /// which share the elements out. Off the tape.
  /// - Precondition: at least one list, and all lists have tensors of the same shapes.
  package static func sums(of lists: [[Tensor]], on workers: Workers) -> [Tensor] {
    let (first, others) = (lists[0], lists.dropFirst())
    precondition(
      others.allSatisfy { $0.map(\.shape) == first.map(\.shape) }, "sums are of tensors of the same shapes")
    guard !others.isEmpty else { return first }
    var totals = first
    // Each piece of a tensor is touched by one thread alone, and the arrays hold the tensors until the sums are taken.
    nonisolated(unsafe) let targets = totals.indices.map { totals[$0].uniquePointer() }
    nonisolated(unsafe) let sources = others.map { $0.map(\.pointer) }
    workers.forEachPiece(of: first.map(\.count)) { index, range in
      let (start, count) = (range.lowerBound, range.count)
      for source in sources { Kernels.table.accumulate(count, targets[index] + start, source[index] + start) }
    }
    return withExtendedLifetime(others) { totals }
  }
}

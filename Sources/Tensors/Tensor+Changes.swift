import CKernels

extension Tensor {
  /// Each element held to its place in a center ± a radius and to a range, in which an element of the center that lies
  /// outside is moved no further out; where an element is NaN, the center. The result is off the tape.
  ///
  /// - Parameters:
  ///   - center: of the same shape.
  ///   - radii: one for each row, the elements of the first axis.
  ///   - mask: in the shape of one row, 1 where elements may differ from the center and 0 elsewhere; nil for 1 everywhere.
  ///   - range: the valid values.
  package func held(
    to center: Tensor, within radii: [Float], where mask: Tensor? = nil, in range: ClosedRange<Float>
  )
    -> Tensor
  {
    let length = rowLength(center, radii.count, mask)
    let (low, high) = (range.lowerBound, range.upperBound)
    return withExtendedLifetimes(storage, center.storage, mask?.storage) {
      Tensor(shape) { result in
        if mask == nil, radii.allSatisfy({ $0 == radii.first }) {
          Kernels.table.hold(count, pointer, center.pointer, nil, radii.first ?? 0, low, high, result)
          return
        }
        for (row, radius) in radii.enumerated() {
          let start = row * length
          Kernels.table.hold(
            length, pointer + start, center.pointer + start, mask?.pointer, radius, low, high, result + start)
        }
      }
    }
  }

  /// For each row how far its elements are from a center at most, and whether all that differ are in a range and, if there is
  /// a mask, where that is not 0.
  ///
  /// - Parameters:
  ///   - center: of the same shape.
  ///   - mask: in the shape of one row; nil for all.
  ///   - range: the valid values.
  package func changes(from center: Tensor, where mask: Tensor? = nil, in range: ClosedRange<Float>)
    -> [(largest: Float, isAllowed: Bool)]
  {
    let rows = shape[0]
    let length = rowLength(center, rows, mask)
    return withExtendedLifetimes(storage, center.storage, mask?.storage) {
      (0..<rows).map { row in
        let change = Kernels.table.change(
          length, pointer + row * length, center.pointer + row * length, mask?.pointer, range.lowerBound,
          range.upperBound)
        return (change.largest, !change.is_forbidden)
      }
    }
  }

  private func rowLength(_ center: Tensor, _ rows: Int, _ mask: Tensor?) -> Int {
    precondition(shape == center.shape, "shapes differ: \(shape) and \(center.shape)")
    precondition(shape.rank > 0 && shape[0] == rows, "\(rows) rows are not those of \(shape)")
    guard rows > 0 else { return 0 }
    let length = count / rows
    precondition(mask.map { $0.count == length } ?? true, "a mask for \(length) elements a row")
    return length
  }
}

extension Tensor {
  /// Overwrites rows of the first axis, from `start` on, with those of another tensor.
  /// - Precondition: the rows have one shape and lie within this tensor.
  public mutating func replaceRows(from start: Int, with rows: Tensor) {
    let (_, extent, inner) = shape.split(at: 0)
    precondition(
      rows.shape == shape.replacing(axis: 0, with: rows.shape[0]) && start >= 0
        && start + rows.shape[0] <= extent,
      "\(rows.shape) does not fit into \(shape) from row \(start) on")
    withUnsafeMutableElements { target in
      rows.withUnsafeElements { (target + start &* inner).update(from: $0, count: rows.count) }
    }
  }

  /// Overwrites the rows of the first axis at some indices with those of another tensor, in that order.
  /// - Precondition: the rows have one shape, and there are as many as indices, each within this tensor.
  public mutating func replaceRows(at indices: [Int], with rows: Tensor) {
    let (_, extent, inner) = shape.split(at: 0)
    precondition(
      rows.shape == shape.replacing(axis: 0, with: indices.count)
        && indices.allSatisfy { $0 >= 0 && $0 < extent },
      "\(rows.shape) does not fit into \(shape) at the rows \(indices)")
    withUnsafeMutableElements { target in
      rows.withUnsafeElements { source in
        for (row, index) in indices.enumerated() {
          (target + index &* inner).update(from: source + row &* inner, count: inner)
        }
      }
    }
  }

  /// Sets a row of the first axis to zero.
  /// - Precondition: the row lies within this tensor.
  public mutating func clearRow(_ index: Int) {
    let (_, extent, inner) = shape.split(at: 0)
    precondition(index >= 0 && index < extent, "row \(index) of \(shape)")
    withUnsafeMutableElements { ($0 + index &* inner).update(repeating: 0, count: inner) }
  }

  /// Moves each element toward another tensor's by a share of the way, in place.
  /// - Precondition: the shapes are the same.
  public mutating func move(toward target: Tensor, by share: Float) {
    precondition(shape == target.shape, "\(shape) cannot move toward \(target.shape)")
    let count = count
    withUnsafeMutableElements { own in
      target.withUnsafeElements { other in
        for index in 0..<count { own[index] += share * (other[index] - own[index]) }
      }
    }
  }
}

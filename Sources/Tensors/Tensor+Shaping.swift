extension Tensor {
  /// The same elements in another shape; nothing is copied.
  /// - Precondition: the shapes have equally many elements.
  public func reshaped(to target: Shape) -> Tensor {
    precondition(target.count == count, "\(count) elements of \(shape) do not fill \(target)")
    if target == shape { return self }
    let original = shape
    let parent = node
    let isRectified = node?.isRectified ?? false
    return Tensor(target, storage).recorded(from: self, isRectified: isRectified) { gradient, sums in
      sums.add(to: parent) { gradient.reshaped(to: original) }
    }
  }

  /// All axes but the first made one: [batch, height, width, channels] gives [batch, height·width·channels].
  public func flattened() -> Tensor {
    precondition(shape.rank > 0, "a scalar cannot be flattened")
    return reshaped(to: Shape(shape[0], shape[0] == 0 ? 0 : count / shape[0]))
  }

  /// A part of an axis. Negative axes count from the end.
  /// - Precondition: the range lies within the axis.
  public func slice(_ range: Range<Int>, alongAxis axis: Int = 0) -> Tensor {
    let (outer, extent, inner) = shape.split(at: axis)
    precondition(
      range.lowerBound >= 0 && range.upperBound <= extent, "\(range) is not within axis \(axis) of \(shape)")
    let original = shape
    let parent = node
    let length = range.count &* inner
    let start = range.lowerBound &* inner
    let result = withExtendedLifetime(storage) {
      Tensor(shape.replacing(axis: axis, with: range.count)) { result in
        for block in 0..<outer {
          let offset = block &* extent &* inner &+ start
          (result + block &* length).update(from: pointer + offset, count: length)
        }
      }
    }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: parent) {
        Tensor(original) { result in
          result.update(repeating: 0, count: original.count)
          gradient.withUnsafeElements { source in
            for block in 0..<outer {
              let offset = block &* extent &* inner &+ start
              (result + offset).update(from: source + block &* length, count: length)
            }
          }
        }
      }
    }
  }

  /// The rows of the first axis at the given indices, repeats allowed: [n, ...] gives [indices, ...].
  /// - Precondition: each index is below the extent of the first axis.
  public func rows(at indices: [Int]) -> Tensor {
    let (_, extent, inner) = shape.split(at: 0)
    precondition(indices.allSatisfy { $0 >= 0 && $0 < extent }, "an index outside the \(extent) rows")
    let original = shape
    let parent = node
    let result = withExtendedLifetime(storage) {
      Tensor(shape.replacing(axis: 0, with: indices.count)) { result in
        for (row, index) in indices.enumerated() {
          (result + row &* inner).update(from: pointer + index &* inner, count: inner)
        }
      }
    }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: parent) {
        Tensor(original) { result in
          result.update(repeating: 0, count: original.count)
          gradient.withUnsafeElements { source in
            for (row, index) in indices.enumerated() {
              let (target, values) = (result + index &* inner, source + row &* inner)
              for column in 0..<inner { target[column] += values[column] }
            }
          }
        }
      }
    }
  }

  /// Of each row along the last axis the element at that row's index: [..., n] gives [...].
  /// - Precondition: one index a row, each below the last extent.
  public func gather(_ indices: [Int]) -> Tensor {
    let (rows, columns, _) = shape.split(at: -1)
    precondition(indices.count == rows, "\(indices.count) indices for the \(rows) rows of \(shape)")
    let original = shape
    let parent = node
    let target = shape.rank == 2 ? Shape(rows) : shape.removing(axis: -1)
    let result = withExtendedLifetime(storage) {
      Tensor(target) { result in
        for row in 0..<rows {
          let index = indices[row]
          precondition(index >= 0 && index < columns, "index \(index) in rows of \(columns)")
          result[row] = pointer[row &* columns &+ index]
        }
      }
    }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: parent) {
        Tensor(original) { result in
          result.update(repeating: 0, count: original.count)
          gradient.withUnsafeElements { source in
            for row in 0..<rows { result[row &* columns &+ indices[row]] = source[row] }
          }
        }
      }
    }
  }

  /// Tensors laid one after another along an axis.
  /// - Precondition: there is at least one, and they differ in that axis only.
  public static func concatenate(_ tensors: [Tensor], alongAxis axis: Int = 0) -> Tensor {
    precondition(!tensors.isEmpty, "nothing to concatenate")
    let first = tensors[0].shape
    let extents = tensors.map { $0.shape[axis] }
    for tensor in tensors {
      precondition(
        tensor.shape.rank == first.rank
          && tensor.shape.replacing(axis: axis, with: 0) == first.replacing(axis: axis, with: 0),
        "\(tensor.shape) cannot be laid beside \(first) along axis \(axis)")
    }
    let total = extents.reduce(0, +)
    let shape = first.replacing(axis: axis, with: total)
    let (outer, _, inner) = shape.split(at: axis)
    let parents = tensors.map(\.node)
    let result = Tensor(shape) { result in
      var start = 0
      for (tensor, extent) in zip(tensors, extents) {
        tensor.withUnsafeElements { source in
          for block in 0..<outer {
            let length = extent &* inner
            let offset = (block &* total &+ start) &* inner
            (result + offset).update(from: source + block &* length, count: length)
          }
        }
        start += extent
      }
    }
    return result.recorded(from: tensors) { gradient, sums in
      var start = 0
      for (parent, extent) in zip(parents, extents) {
        sums.add(to: parent) { gradient.slice(start..<(start + extent), alongAxis: axis) }
        start += extent
      }
    }
  }
}

extension Tensor {
  /// The tensor repeated along axes of extent 1, and along new outer axes, to fill a shape (NumPy's rule).
  /// - Precondition: aligned from the last axis, each extent is 1 or that of the shape.
  public func broadcast(to target: Shape) -> Tensor {
    guard shape != target else { return self }
    let steps = broadcastSteps(to: target)
    let node = node
    let original = shape
    let result = withExtendedLifetime(storage) {
      Tensor(target) { result in
        let source = pointer
        forEachRun(of: target, steps: steps) { position, offset, length, step in
          for index in 0..<length { result[position &+ index] = source[offset &+ index &* step] }
        }
      }
    }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) { gradient.summed(to: original) }
    }
  }

  /// The reverse of broadcasting: the sum over all that one element of `original` was repeated to.
  private func summed(to original: Shape) -> Tensor {
    var result = Tensor.zeros(original)
    let steps = result.broadcastSteps(to: shape)
    withExtendedLifetime(storage) {
      let source = pointer
      result.withUnsafeMutableElements { result in
        forEachRun(of: shape, steps: steps) { position, offset, length, step in
          for index in 0..<length { result[offset &+ index &* step] += source[position &+ index] }
        }
      }
    }
    return result
  }

  /// For each axis of `target` by how many elements of this tensor one step along it moves: 0 where it is repeated.
  private func broadcastSteps(to target: Shape) -> [Int] {
    precondition(shape.rank <= target.rank, "\(shape) does not broadcast to \(target)")
    var steps = [Int](repeating: 0, count: target.rank)
    var stride = 1
    for axis in (0..<shape.rank).reversed() {
      let targetAxis = axis + target.rank - shape.rank
      let extent = shape[axis]
      precondition(
        extent == target[targetAxis] || extent == 1, "\(shape) does not broadcast to \(target)")
      steps[targetAxis] = extent == 1 ? 0 : stride
      stride *= extent
    }
    return steps
  }
}

/// Visits a shape run by run along its last axis, with the offset that `steps` give in the smaller tensor.
@inline(__always)
private func forEachRun(
  of shape: Shape, steps: [Int],
  _ body: (_ position: Int, _ offset: Int, _ length: Int, _ step: Int) -> Void
) {
  guard shape.count > 0, shape.rank > 0 else {
    if shape.rank == 0 { body(0, 0, 1, 0) }
    return
  }
  let length = shape[-1]
  let step = steps[shape.rank - 1]
  var indices = [Int](repeating: 0, count: shape.rank)
  var offset = 0
  for position in Swift.stride(from: 0, to: shape.count, by: length) {
    body(position, offset, length, step)
    var axis = shape.rank - 2
    while axis >= 0 {
      indices[axis] += 1
      offset += steps[axis]
      if indices[axis] < shape[axis] { break }
      offset -= steps[axis] * shape[axis]
      indices[axis] = 0
      axis -= 1
    }
  }
}

/// Both tensors broadcast to the shape that they have in common.
/// - Precondition: aligned from the last axis, the extents are equal or one of them is 1.
@inline(__always)
func broadcasting(_ first: Tensor, _ second: Tensor) -> (Tensor, Tensor) {
  if first.shape == second.shape { return (first, second) }
  let common = commonShape(first.shape, second.shape)
  return (first.broadcast(to: common), second.broadcast(to: common))
}

@inline(never)
private func commonShape(_ first: Shape, _ second: Shape) -> Shape {
  let rank = Swift.max(first.rank, second.rank)
  return Shape(
    (0..<rank).map { axis in
      let left = axis + first.rank - rank
      let right = axis + second.rank - rank
      guard left >= 0 else { return second[right] }
      guard right >= 0 else { return first[left] }
      let (one, other) = (first[left], second[right])
      precondition(
        one == other || one == 1 || other == 1, "the shapes \(first) and \(second) do not broadcast")
      return one == 1 ? other : one
    })
}

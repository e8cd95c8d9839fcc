// Every buffer holds a multiple of 16 floats, so the loops run over whole vectors and need no scalar tail: what lies
// behind the last element is computed and never read.

@inline(__always)
func wholeVectors(_ count: Int) -> Int {
  (count &+ (BufferPool.granularity &- 1)) & ~(BufferPool.granularity &- 1)
}

/// A tensor of the shape of two that a kernel writes. The result is off the tape.
@inline(__always)
func writing(_ first: Tensor, _ second: Tensor, _ kernel: (UnsafeMutablePointer<Float>) -> Void) -> Tensor {
  precondition(first.shape == second.shape, "shapes differ: \(first.shape) and \(second.shape)")
  return withExtendedLifetimes(first.storage, second.storage) { Tensor(first.shape, writing: kernel) }
}

/// Applies `body` to each element. The result is off the tape.
@inline(__always)
func mapping(_ input: Tensor, _ body: (Float) -> Float) -> Tensor {
  withExtendedLifetime(input.storage) {
    Tensor(input.shape) { result in
      let source = input.pointer
      for index in 0..<wholeVectors(input.count) { result[index] = body(source[index]) }
    }
  }
}

/// Applies `body` to each pair of elements of two tensors of one shape. The result is off the tape.
@inline(__always)
func mapping(_ first: Tensor, _ second: Tensor, _ body: (Float, Float) -> Float) -> Tensor {
  precondition(first.shape == second.shape, "shapes differ: \(first.shape) and \(second.shape)")
  return withExtendedLifetimes(first.storage, second.storage) {
    Tensor(first.shape) { result in
      let left = first.pointer
      let right = second.pointer
      for index in 0..<wholeVectors(first.count) { result[index] = body(left[index], right[index]) }
    }
  }
}

/// Applies `body` to each triple of elements of three tensors of one shape. The result is off the tape.
@inline(__always)
func mapping(
  _ first: Tensor, _ second: Tensor, _ third: Tensor, _ body: (Float, Float, Float) -> Float
) -> Tensor {
  precondition(
    first.shape == second.shape && second.shape == third.shape,
    "shapes differ: \(first.shape), \(second.shape) and \(third.shape)")
  return withExtendedLifetimes(first.storage, second.storage, third.storage) {
    Tensor(first.shape) { result in
      let (one, two, three) = (first.pointer, second.pointer, third.pointer)
      for index in 0..<wholeVectors(first.count) {
        result[index] = body(one[index], two[index], three[index])
      }
    }
  }
}

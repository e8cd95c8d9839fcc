extension Tensor {
  /// The sum of each pair of elements, with broadcasting.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    let (left, right) = broadcasting(left, right)
    let (leftNode, rightNode) = (left.node, right.node)
    return combined(left, right, Kernels.table.add).recorded(from: left, right) { gradient, sums in
      sums.add(to: leftNode) { gradient }
      sums.add(to: rightNode) { gradient }
    }
  }

  /// The difference of each pair of elements, with broadcasting.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    let (left, right) = broadcasting(left, right)
    let (leftNode, rightNode) = (left.node, right.node)
    return combined(left, right, Kernels.table.subtract).recorded(from: left, right) { gradient, sums in
      sums.add(to: leftNode) { gradient }
      sums.subtract(from: rightNode) { gradient }
    }
  }

  /// The product of each pair of elements, with broadcasting.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    let (left, right) = broadcasting(left, right)
    let (leftNode, rightNode) = (left.node, right.node)
    let (leftValue, rightValue) = (left.stoppingGradient(), right.stoppingGradient())
    return combined(left, right, Kernels.table.multiply).recorded(from: left, right) { gradient, sums in
      sums.add(to: leftNode) { combined(gradient, rightValue, Kernels.table.multiply) }
      sums.add(to: rightNode) { combined(gradient, leftValue, Kernels.table.multiply) }
    }
  }

  /// The quotient of each pair of elements, with broadcasting.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    let (left, right) = broadcasting(left, right)
    let (leftNode, rightNode) = (left.node, right.node)
    let (leftValue, rightValue) = (left.stoppingGradient(), right.stoppingGradient())
    return mapping(left, right) { $0 / $1 }.recorded(from: left, right) { gradient, sums in
      sums.add(to: leftNode) { mapping(gradient, rightValue) { $0 / $1 } }
      sums.add(to: rightNode) {
        mapping(gradient, leftValue, rightValue) { -$0 * $1 / ($2 * $2) }
      }
    }
  }

  /// Each element with the opposite sign.
  public static prefix func - (input: Tensor) -> Tensor { input * -1 }

  /// A number added to each element.
  public static func + (left: Tensor, right: Float) -> Tensor {
    let node = left.node
    return mapping(left) { $0 + right }.recorded(from: left) { gradient, sums in
      sums.add(to: node) { gradient }
    }
  }

  /// A number subtracted from each element.
  public static func - (left: Tensor, right: Float) -> Tensor { left + -right }

  /// Each element multiplied by a number.
  public static func * (left: Tensor, right: Float) -> Tensor {
    let node = left.node
    let result = withExtendedLifetime(left.storage) {
      Tensor(left.shape) { Kernels.table.scale(left.count, left.pointer, right, $0) }
    }
    return result.recorded(from: left) { gradient, sums in
      sums.add(to: node) { gradient * right }
    }
  }

  /// Each element divided by a number.
  public static func / (left: Tensor, right: Float) -> Tensor {
    let node = left.node
    return mapping(left) { $0 / right }.recorded(from: left) { gradient, sums in
      sums.add(to: node) { gradient / right }
    }
  }

  /// A number added to each element.
  public static func + (left: Float, right: Tensor) -> Tensor { right + left }

  /// Each element subtracted from a number.
  public static func - (left: Float, right: Tensor) -> Tensor { -right + left }

  /// Each element multiplied by a number.
  public static func * (left: Float, right: Tensor) -> Tensor { right * left }

  /// A number divided by each element.
  public static func / (left: Float, right: Tensor) -> Tensor {
    Tensor(repeating: left, shape: right.shape) / right
  }
}

/// What a kernel for pairs of elements makes of two tensors of one shape. The result is off the tape.
@inline(__always)
private func combined(
  _ left: Tensor, _ right: Tensor,
  _ kernel: (Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
) -> Tensor {
  writing(left, right) { kernel(left.count, left.pointer, right.pointer, $0) }
}

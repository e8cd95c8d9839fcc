import Foundation

extension Tensor {
  /// eˣ of each element.
  public func exp() -> Tensor {
    let result = withExtendedLifetime(storage) {
      Tensor(shape) { Kernels.table.exponential(count, pointer, $0) }
    }
    let node = node
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) { gradient * result }
    }
  }

  /// The natural logarithm of each element.
  public func log() -> Tensor {
    let input = stoppingGradient()
    let node = node
    return mapping(self) { Foundation.log($0) }.recorded(from: self) { gradient, sums in
      sums.add(to: node) { gradient / input }
    }
  }

  /// The square root of each element.
  public func squareRoot() -> Tensor {
    let result = mapping(self) { $0.squareRoot() }
    let node = node
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) { mapping(gradient, result) { $0 / (2 * $1) } }
    }
  }

  /// The hyperbolic tangent of each element.
  public func tanh() -> Tensor { activated(.tanh) }

  /// 1/(1 + e⁻ˣ) of each element.
  public func sigmoid() -> Tensor { activated(.sigmoid) }

  /// max(x, 0) of each element; the derivative at 0 is 0.
  public func relu() -> Tensor { activated(.relu) }

  /// x where positive, slope·x elsewhere; the derivative at 0 is the slope.
  /// - Precondition: the slope is positive.
  public func leakyReLU(slope: Float = 0.01) -> Tensor { activated(.leakyReLU(slope: slope)) }

  /// An activation applied to each element.
  public func activated(_ activation: Activation) -> Tensor {
    guard activation != .identity else { return self }
    let output = withExtendedLifetime(storage) {
      Tensor(shape) { activation.apply(to: pointer, count: count, into: $0) }
    }
    let node = node
    return output.recorded(from: self) { gradient, sums in
      activation.pullBack(&gradient, output: output)
      sums.add(to: node) { gradient }
    }
  }

  /// The absolute value of each element; the derivative at 0 is 0.
  public func abs() -> Tensor {
    let input = stoppingGradient()
    let node = node
    return mapping(self) { Swift.abs($0) }.recorded(from: self) { gradient, sums in
      gradient.map(with: input) { $1 > 0 ? $0 : ($1 < 0 ? -$0 : 0) }
      sums.add(to: node) { gradient }
    }
  }

  /// −1, 0 or 1 by the sign of each element. Its derivative is zero everywhere: the result is off the tape.
  public func sign() -> Tensor {
    withExtendedLifetime(storage) { Tensor(shape) { Kernels.table.sign(count, pointer, $0) } }
  }

  /// x + size · sign(direction) of each pair of elements: one step of an attack under the max norm. The direction gets no
  /// gradient.
  /// - Precondition: the shapes are equal.
  package func stepped(by size: Float, alongSignOf direction: Tensor) -> Tensor {
    let result = writing(self, direction) {
      Kernels.table.add_sign(count, pointer, size, direction.pointer, $0)
    }
    guard let node else { return result }
    return result.recorded(from: self) { gradient, sums in
      sums.add(to: node) { gradient }
    }
  }

  /// Each element moved into the bounds; the derivative is 1 within them, bounds included, and 0 outside.
  /// - Precondition: the lower bound is not above the upper.
  public func clamped(to bounds: ClosedRange<Float>) -> Tensor {
    let (low, high) = (bounds.lowerBound, bounds.upperBound)
    let result = withExtendedLifetime(storage) {
      Tensor(shape) { Kernels.table.clamp(count, pointer, low, high, $0) }
    }
    guard let node else { return result }
    let input = stoppingGradient()
    return result.recorded(from: self) { gradient, sums in
      gradient.map(with: input) { $1 >= low && $1 <= high ? $0 : 0 }
      sums.add(to: node) { gradient }
    }
  }

  /// Each element squared.
  public func squared() -> Tensor { self * self }
}

/// The smaller of each pair of elements, with broadcasting; where they are equal each gets half of the gradient.
public func minimum(_ first: Tensor, _ second: Tensor) -> Tensor {
  -maximum(-first, -second)
}

/// The larger of each pair of elements, with broadcasting; where they are equal each gets half of the gradient.
public func maximum(_ first: Tensor, _ second: Tensor) -> Tensor {
  let (first, second) = broadcasting(first, second)
  let (left, right) = (first.stoppingGradient(), second.stoppingGradient())
  let (leftNode, rightNode) = (first.node, second.node)
  // NaN on either side is a NaN of the result.
  return mapping(first, second) { $0 > $1 || $0 != $0 ? $0 : $1 }
    .recorded(from: first, second) { gradient, sums in
      sums.add(to: leftNode) {
        mapping(gradient, left, right) { $1 > $2 ? $0 : ($1 == $2 ? $0 / 2 : 0) }
      }
      sums.add(to: rightNode) {
        mapping(gradient, left, right) { $2 > $1 ? $0 : ($1 == $2 ? $0 / 2 : 0) }
      }
    }
}

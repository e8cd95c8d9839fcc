extension Tensor {
  /// activation(x·W + b), one row of the result for each row of x.
  ///
  /// - Parameters:
  ///   - weight: [inputs, outputs].
  ///   - bias: [outputs].
  ///   - activation: applied to each element of the sum.
  /// - Returns: [rows, outputs] for an x of [rows, inputs], or of rows of any shape with as many elements.
  /// - Precondition: the extents agree.
  /// - Complexity: rows·inputs·outputs multiplications, as many again for each gradient that is asked for.
  public func dense(_ weight: Tensor, bias: Tensor, activation: Activation = .identity) -> Tensor {
    precondition(
      shape.rank >= 2 && weight.shape.rank == 2 && count == shape[0] &* weight.shape[0]
        && bias.shape.count == weight.shape[1],
      "dense: observations \(shape), weight \(weight.shape), bias \(bias.shape) do not fit")
    let (rows, inputs, outputs) = (shape[0], weight.shape[0], weight.shape[1])
    let result = withExtendedLifetimes(storage, weight.storage, bias.storage) {
      Tensor(Shape(rows, outputs)) { result in
        MatrixProduct.multiply(
          .init(pointer, rows, inputs), .init(weight.pointer, inputs, outputs), bias: bias.pointer,
          activation: activation, into: result)
        activation.finish(result, count: rows &* outputs)
      }
    }
    if node == nil && weight.node == nil && bias.node == nil { return result }

    // Each side is kept for the gradient of the other alone.
    let ofInput = node.map { (node: $0, weight: weight.storage, wanted: $0.isRectified ? storage : nil) }
    let ofWeight = weight.node.map { (node: $0, input: storage) }
    let (biasNode, shape) = (bias.node, shape)
    return result.recorded(from: self, weight, bias, isRectified: activation == .relu) { gradient, sums in
      activation.pullBack(&gradient, output: result)
      withExtendedLifetime(gradient.storage) {
        sums.add(to: biasNode) { columnSums(gradient, columns: outputs) }
        if let ofWeight {
          let left = MatrixProduct.Left(ofWeight.input.pointer, rows, inputs, transposed: true)
          let right = MatrixProduct.Right(gradient.pointer, rows, outputs)
          sums.add(to: ofWeight.node) {
            MatrixProduct.add(left, right, to: $0)
          } orBegin: {
            Tensor(Shape(inputs, outputs)) { MatrixProduct.multiply(left, right, into: $0) }
          }
        }
        if let ofInput {
          sums.add(to: ofInput.node) {
            Tensor(shape) {
              MatrixProduct.multiply(
                .init(gradient.pointer, rows, outputs),
                .init(ofInput.weight.pointer, inputs, outputs, transposed: true),
                wanted: ofInput.wanted?.pointer, into: $0)
            }
          }
        }
      }
    }
  }

  /// x·Wᵀ: the gradient of ``dense(_:bias:activation:)`` with respect to its rows, of which this tensor is the gradient
  /// with respect to the result. Off the tape.
  ///
  /// - Parameter weight: [inputs, outputs], as the dense layer takes it.
  /// - Returns: [rows, inputs] for [rows, outputs].
  /// - Precondition: the extents agree.
  public func transposedDense(_ weight: Tensor) -> Tensor {
    precondition(
      shape.rank == 2 && weight.shape.rank == 2 && shape[1] == weight.shape[1],
      "transposed dense: \(shape) and weight \(weight.shape) do not fit")
    let (rows, inputs, outputs) = (shape[0], weight.shape[0], weight.shape[1])
    return withExtendedLifetimes(storage, weight.storage) {
      Tensor(Shape(rows, inputs)) {
        MatrixProduct.multiply(
          .init(pointer, rows, outputs), .init(weight.pointer, inputs, outputs, transposed: true), into: $0)
      }
    }
  }
}

extension Tensor {
  /// activation(x ∗ W + b): a convolution (cross-correlation, as in every deep-learning library) over images.
  ///
  /// Forward, and for the gradient of the weights, a matrix product with the patches of the images (Chellapilla et al.
  /// 2006, "High Performance Convolutional Neural Networks for Document Processing", section 3) that reads them where
  /// they lie in the images. For the gradient of the images it makes the gradients of the patches, tile by tile in
  /// cache, and adds them up.
  ///
  /// - Parameters:
  ///   - weight: [kernel height, kernel width, input channels, output channels].
  ///   - bias: [output channels].
  ///   - stride: by how many pixels the kernel moves, in both directions.
  ///   - padding: how borders are treated.
  ///   - activation: applied to each element of the sum.
  /// - Returns: [batch, output height, output width, output channels] for an x of [batch, height, width, channels].
  /// - Precondition: the extents agree.
  /// - Complexity: positions · patch elements · output channels multiplications, as many again for each gradient that is
  ///   asked for.
  public func convolution(
    _ weight: Tensor, bias: Tensor, stride: Int = 1, padding: Padding = .valid,
    activation: Activation = .identity
  ) -> Tensor {
    precondition(
      shape.rank == 4 && weight.shape.rank == 4 && weight.shape[2] == shape[3]
        && bias.shape.count == weight.shape[3],
      "convolution: images \(shape), weight \(weight.shape), bias \(bias.shape) do not fit")
    let geometry = ConvolutionGeometry(
      input: shape, kernelHeight: weight.shape[0], kernelWidth: weight.shape[1], stride: stride,
      padding: padding)
    let filters = weight.shape[3]
    let result = geometry.convolve(self, weight, bias, activation)
    if node == nil && weight.node == nil && bias.node == nil { return result }

    let (inputNode, weightNode, biasNode) = (node, weight.node, bias.node)
    let (inputValue, weightValue) = (stoppingGradient(), weight.stoppingGradient())
    return result.recorded(from: self, weight, bias, isRectified: activation == .relu) { gradient, sums in
      activation.pullBack(&gradient, output: result)
      sums.add(to: biasNode) { columnSums(gradient, columns: filters) }
      sums.add(to: weightNode) {
        geometry.weightGradient(gradient, input: inputValue, shape: weightValue.shape)
      }
      sums.add(to: inputNode) {
        geometry.inputGradient(gradient, weight: weightValue, shape: inputValue.shape)
      }
    }
  }
}

extension Tensor {
  /// The transposed convolution: for each image the sums of the kernel placed at every position, scaled by this tensor's
  /// elements. It is the gradient of ``convolution(_:bias:stride:padding:activation:)`` with respect to its images, of
  /// which this tensor is the gradient with respect to the result. Off the tape.
  ///
  /// - Parameters:
  ///   - weight: [kernel height, kernel width, input channels, output channels], as the convolution takes it.
  ///   - images: the shape of the convolution's images, [batch, height, width, input channels].
  ///   - stride: the convolution's.
  ///   - padding: the convolution's.
  /// - Returns: a tensor of that shape for [batch, output height, output width, output channels].
  /// - Precondition: the extents agree.
  package func transposedConvolution(
    _ weight: Tensor, images: Shape, stride: Int = 1, padding: Padding = .valid
  ) -> Tensor {
    let geometry = ConvolutionGeometry(
      input: images, kernelHeight: weight.shape[0], kernelWidth: weight.shape[1], stride: stride,
      padding: padding)
    precondition(
      shape == [geometry.batch, geometry.outputHeight, geometry.outputWidth, weight.shape[3]]
        && weight.shape[2] == images[3],
      "transposed convolution: \(shape), weight \(weight.shape) and images \(images) do not fit")
    return geometry.inputGradient(stoppingGradient(), weight: weight.stoppingGradient(), shape: images)
  }
}

extension ConvolutionGeometry {
  fileprivate func convolve(
    _ input: Tensor, _ weight: Tensor, _ bias: Tensor, _ activation: Activation
  ) -> Tensor {
    let filters = weight.shape[3]
    let padded = padded(input)
    return withExtendedLifetimes(padded, weight.storage, bias.storage) {
      Tensor([batch, outputHeight, outputWidth, filters]) { result in
        MatrixProduct.multiply(
          .init(padded.pointer, rows: positionNest, columns: patchNest),
          .init(weight.pointer, patchCount, filters), bias: bias.pointer, activation: activation, into: result
        )
        activation.finish(result, count: positions &* filters)
      }
    }
  }

  fileprivate func weightGradient(_ gradient: Tensor, input: Tensor, shape: Shape) -> Tensor {
    let padded = padded(input)
    return withExtendedLifetimes(gradient.storage, padded) {
      Tensor(shape) { result in
        MatrixProduct.multiply(
          .init(padded.pointer, rows: patchNest, columns: positionNest),
          .init(gradient.pointer, positions, shape[3]), into: result)
      }
    }
  }

  fileprivate func inputGradient(_ gradient: Tensor, weight: Tensor, shape: Shape) -> Tensor {
    let filters = weight.shape[3]
    // Whole vectors.
    let step = (patchCount &+ 15) & ~15
    let patches = Storage(tile &* step)
    var geometry = patchGeometry
    var scratch: Storage?
    return withExtendedLifetimes(gradient.storage, weight.storage, patches) {
      Tensor(shape) { result in
        for start in Swift.stride(from: 0, to: positions, by: tile) {
          let count = min(tile, positions &- start)
          MatrixProduct.multiply(
            .init(gradient.pointer + start &* filters, count, filters),
            .init(weight.pointer, patchCount, filters, transposed: true), into: patches.pointer,
            step: step, scratch: &scratch)
          Kernels.table.scatter(&geometry, start, count, patches.pointer, step, result)
        }
      }
    }
  }
}

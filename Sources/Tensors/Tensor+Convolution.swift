extension Tensor {
  /// activation(x ∗ W + b): a convolution (cross-correlation, as in every deep-learning library) over images.
  ///
  /// The patches are laid out tile by tile, each tile small enough to stay in cache, and multiplied with the weights as
  /// one matrix product (Chellapilla et al. 2006, "High Performance Convolutional Neural Networks for Document
  /// Processing", section 3). Nothing of them is kept for the backward pass, which lays them out again.
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
    return result.recorded(from: self, weight, bias) { gradient, sums in
      let gradient = activation.pullBack(gradient, output: result)
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

extension ConvolutionGeometry {
  fileprivate func convolve(
    _ input: Tensor, _ weight: Tensor, _ bias: Tensor, _ activation: Activation
  ) -> Tensor {
    let filters = weight.shape[3]
    let patches = Storage(tile &* patchCount)
    return withExtendedLifetime((input.storage, weight.storage, bias.storage, patches)) {
      Tensor([batch, outputHeight, outputWidth, filters]) { result in
        forEachTile { positions in
          gatherPatches(positions, from: input.pointer, into: patches.pointer)
          let target = result + positions.lowerBound &* filters
          MatrixProduct.multiply(
            .init(patches.pointer, positions.count, patchCount),
            .init(weight.pointer, patchCount, filters), into: target)
          activation.apply(to: target, rows: positions.count, columns: filters, bias: bias.pointer)
        }
      }
    }
  }

  fileprivate func weightGradient(_ gradient: Tensor, input: Tensor, shape: Shape) -> Tensor {
    let filters = shape[3]
    let patches = Storage(tile &* patchCount)
    return withExtendedLifetime((gradient.storage, input.storage, patches)) {
      Tensor(shape) { result in
        result.update(repeating: 0, count: shape.count)
        forEachTile { positions in
          gatherPatches(positions, from: input.pointer, into: patches.pointer)
          MatrixProduct.multiply(
            .init(patches.pointer, positions.count, patchCount, transposed: true),
            .init(gradient.pointer + positions.lowerBound &* filters, positions.count, filters),
            into: result, accumulating: true)
        }
      }
    }
  }

  fileprivate func inputGradient(_ gradient: Tensor, weight: Tensor, shape: Shape) -> Tensor {
    let filters = weight.shape[3]
    let patches = Storage(tile &* patchCount)
    return withExtendedLifetime((gradient.storage, weight.storage, patches)) {
      Tensor(shape) { result in
        result.update(repeating: 0, count: shape.count)
        forEachTile { positions in
          MatrixProduct.multiply(
            .init(gradient.pointer + positions.lowerBound &* filters, positions.count, filters),
            .init(weight.pointer, patchCount, filters, transposed: true), into: patches.pointer)
          scatterPatches(positions, from: patches.pointer, into: result)
        }
      }
    }
  }
}

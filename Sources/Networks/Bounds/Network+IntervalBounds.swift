import Tensors

extension Network.Architecture {
  /// - Throws: ``NetworkError`` when interval bounds do not cover a layer: a recurrent one.
  public func checkIntervalBounds() throws(NetworkError) {
    for (index, layer) in layers.enumerated() where layer.stateCount > 0 {
      throw NetworkError("layer \(index): interval bounds do not cover an LSTM")
    }
  }
}

extension Network {
  /// Interval bounds of the outputs over a box of inputs (Gowal et al. 2019), layer by layer, in operations of the tape:
  /// they have gradients with respect to the parameters and to the box.
  ///
  /// - Parameters:
  ///   - box: bounds of the examples, [batch, example...].
  ///   - rounding: whether the bounds are moved outward by what Float32 may be off.
  /// - Returns: bounds of the outputs, [batch, outputs].
  /// - Precondition: ``Architecture/checkIntervalBounds()`` throws nothing.
  /// - Complexity: two forward passes, three with `.outward`.
  public func intervalBounds(over box: Bounds, rounding: Rounding = .ignored) -> Bounds {
    intervalBounds(over: box, behind: architecture.layers.count, rounding: rounding)
  }

  /// The same behind the first so many layers.
  private func intervalBounds(over box: Bounds, behind count: Int, rounding: Rounding) -> Bounds {
    var bounds = start(box)
    for (layer, range) in zip(architecture.layers, ranges).prefix(count) {
      bounds = layer.bounds(over: bounds, parameters: parameters[range], rounding: rounding)
    }
    return bounds
  }

  /// Lower bounds of score[i] − score[j] for all pairs over a box of inputs.
  ///
  /// Where the last layer is linear, the two scores are bounded as one: their difference is a linear function of the last
  /// hidden layer with the weights w[i] − w[j], whose bound is tighter than the difference of two bounds (Gowal et al. 2019,
  /// equation 11).
  ///
  /// - Parameters:
  ///   - box: bounds of the examples, [batch, example...].
  ///   - rounding: whether the bounds are moved outward by what Float32 may be off.
  /// - Returns: [batch, outputs, outputs], 0 where i = j.
  /// - Precondition: ``Architecture/checkIntervalBounds()`` throws nothing.
  public func intervalPairMargins(over box: Bounds, rounding: Rounding = .ignored) -> Tensor {
    let bounds = intervalBounds(over: box, behind: architecture.layers.dropLast().count, rounding: rounding)
    guard let layer = architecture.layers.last, let range = ranges.last else { return bounds.pairMargins }
    guard layer.activation == .identity, let map = LinearMap(layer, parameters: parameters[range]),
      map.weight.shape.rank == 2
    else {
      return layer.bounds(over: bounds, parameters: parameters[range], rounding: rounding).pairMargins
    }
    return map.pairMargins(
      over: bounds, magnitudes: rounding == .outward ? map.magnitudes(over: bounds) : nil)
  }

  /// Lower bounds of score[label] − score[j] for each j over a box of inputs: of ``intervalPairMargins(over:rounding:)`` those
  /// of a label a row.
  ///
  /// - Returns: [batch, outputs], 0 where j is the label. Where all others are positive, no input within the box makes
  ///   another output the largest.
  public func intervalMargins(
    over box: Bounds, of labels: [Int], rounding: Rounding = .ignored
  ) -> Tensor {
    let pairs = intervalPairMargins(over: box, rounding: rounding)
    let (rows, outputs) = (pairs.shape[0], pairs.shape[1])
    return pairs.reshaped(to: [rows * outputs, outputs])
      .rows(at: labels.enumerated().map { $0.offset * outputs + $0.element })
  }

  /// The box as the first layer takes it.
  func start(_ box: Bounds) -> Bounds {
    architecture.input.count == 1 && box.shape.rank > 2 ? box.rearranged { $0.flattened() } : box
  }
}

extension Bounds {
  /// Lower bounds of the differences of all pairs of elements, each element bounded alone.
  fileprivate var pairMargins: Tensor {
    let (rows, outputs) = (shape[0], shape[1])
    let differences = lower.reshaped(to: [rows, outputs, 1]) - upper.reshaped(to: [rows, 1, outputs])
    return differences * Tensor.exceptDiagonal(outputs)
  }
}

extension LinearMap {
  /// Lower bounds of output[i] − output[j] for all pairs.
  fileprivate func pairMargins(over input: Bounds, magnitudes: Tensor?) -> Tensor {
    let (inputs, outputs, rows) = (weight.shape[0], weight.shape[1], input.shape[0])
    let (down, across) = (Shape([rows, outputs, 1]), Shape([rows, 1, outputs]))
    let scores = applied(to: input.center, weight: weight, bias: bias)
    let differences =
      weight.reshaped(to: [inputs, outputs, 1]) - weight.reshaped(to: [inputs, 1, outputs])
    var radius = input.radius
      .dense(
        differences.abs().reshaped(to: [inputs, outputs * outputs]), bias: .zeros([outputs * outputs])
      )
      .reshaped(to: [rows, outputs, outputs])
    if let magnitudes {
      // The scores that are compared are each rounded on their own.
      let both = magnitudes.reshaped(to: down) + magnitudes.reshaped(to: across)
      radius =
        radius
        + (Rounding.share(terms: terms) * both + 2 * Rounding.least(terms: terms))
        * Tensor.exceptDiagonal(outputs)
    }
    return scores.reshaped(to: down) - scores.reshaped(to: across) - radius
  }
}

extension Tensor {
  /// 0 on the diagonal, 1 elsewhere.
  fileprivate static func exceptDiagonal(_ extent: Int) -> Tensor {
    var mask = Tensor(repeating: 1, shape: [extent, extent])
    mask.withMutableElements { mask in
      for index in 0..<extent { mask[index * extent + index] = 0 }
    }
    return mask
  }
}

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
    var bounds = start(box)
    for (layer, range) in zip(architecture.layers, ranges) {
      bounds = layer.bounds(over: bounds, parameters: parameters[range], rounding: rounding)
    }
    return bounds
  }

  /// Lower bounds of score[label] − score[j] for each j over a box of inputs.
  ///
  /// Where the last layer is linear, the two scores are bounded as one: their difference is a linear function of the last
  /// hidden layer with the weights w[label] − w[j], whose bound is tighter than the difference of two bounds (Gowal et al.
  /// 2019, equation 11).
  ///
  /// - Parameters:
  ///   - box: bounds of the examples, [batch, example...].
  ///   - labels: an output a row.
  ///   - rounding: whether the bounds are moved outward by what Float32 may be off.
  /// - Returns: [batch, outputs], 0 where j is the label. Where all others are positive, no input within the box makes
  ///   another output the largest.
  /// - Precondition: ``Architecture/checkIntervalBounds()`` throws nothing.
  public func intervalMargins(
    over box: Bounds, of labels: [Int], rounding: Rounding = .ignored
  ) -> Tensor {
    margins(over: box, of: labels, rounding: rounding).margins
  }

  /// Bounds of the outputs and lower bounds of the margins with one pass through the hidden layers.
  public func intervalScoresAndMargins(
    over box: Bounds, of labels: [Int], rounding: Rounding = .ignored
  ) -> (scores: Bounds, margins: Tensor) {
    margins(over: box, of: labels, rounding: rounding)
  }

  private func margins(
    over box: Bounds, of labels: [Int], rounding: Rounding
  ) -> (scores: Bounds, margins: Tensor) {
    var bounds = start(box)
    for (layer, range) in zip(architecture.layers, ranges).dropLast() {
      bounds = layer.bounds(over: bounds, parameters: parameters[range], rounding: rounding)
    }
    guard let layer = architecture.layers.last, let range = ranges.last else {
      return (bounds, bounds.margins(of: labels))
    }
    guard layer.activation == .identity, let map = LinearMap(layer, parameters: parameters[range]),
      map.weight.shape.rank == 2
    else {
      bounds = layer.bounds(over: bounds, parameters: parameters[range], rounding: rounding)
      return (bounds, bounds.margins(of: labels))
    }
    let magnitudes = rounding == .outward ? map.magnitudes(over: bounds) : nil
    return (
      map.bounds(over: bounds, magnitudes: magnitudes),
      map.margins(over: bounds, of: labels, magnitudes: magnitudes)
    )
  }

  /// The box as the first layer takes it.
  func start(_ box: Bounds) -> Bounds {
    architecture.input.count == 1 && box.shape.rank > 2 ? box.mapped { $0.flattened() } : box
  }
}

extension Bounds {
  /// Lower bounds of the differences from the label's element, each element bounded alone.
  fileprivate func margins(of labels: [Int]) -> Tensor {
    let rows = shape[0]
    let differences = lower.gather(labels).reshaped(to: [rows, 1]) - upper
    return differences * Tensor.exceptLabels(labels, of: shape)
  }
}

extension LinearMap {
  /// Lower bounds of output[label] − output[j] for each j.
  fileprivate func margins(over input: Bounds, of labels: [Int], magnitudes: Tensor?) -> Tensor {
    let (inputs, outputs, rows) = (weight.shape[0], weight.shape[1], labels.count)
    let scores = applied(to: input.center, weight: weight, bias: bias)
    let center = scores.gather(labels).reshaped(to: [rows, 1]) - scores
    // All pairs at once: a network has few actions.
    let differences =
      weight.reshaped(to: [inputs, outputs, 1]) - weight.reshaped(to: [inputs, 1, outputs])
    let pairs = Shape([inputs, outputs * outputs])
    var radius = input.radius
      .dense(differences.abs().reshaped(to: pairs), bias: .zeros([outputs * outputs]))
      .reshaped(to: [rows * outputs, outputs])
      .rows(at: labels.enumerated().map { $0.offset * outputs + $0.element })
    if let magnitudes {
      // The scores that are compared are each rounded on their own.
      let both = magnitudes.gather(labels).reshaped(to: [rows, 1]) + magnitudes
      radius = radius + Rounding.share(terms: terms) * both * Tensor.exceptLabels(labels, of: both.shape)
    }
    return center - radius
  }
}

extension Tensor {
  /// 0 in each row's column of its label, 1 elsewhere.
  fileprivate static func exceptLabels(_ labels: [Int], of shape: Shape) -> Tensor {
    let columns = shape[-1]
    var mask = Tensor(repeating: 1, shape: shape)
    mask.withMutableElements { mask in
      for (row, label) in labels.enumerated() { mask[row * columns + label] = 0 }
    }
    return mask
  }
}

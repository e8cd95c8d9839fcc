import Tensors

extension Network.Architecture {
  /// - Throws: ``NetworkError`` when linear bounds do not cover a layer: they cover dense layers, convolutions, dueling heads
  ///   and flatten layers, with ReLU, leaky ReLU of a slope of at most 1, or no activation, which the last of them must have.
  public func checkLinearBounds() throws(NetworkError) {
    let last = layers.lastIndex { $0 != .flatten }
    guard let last, layers[last].activation == .identity else {
      throw NetworkError("linear bounds are of scores: the last layer is to be linear, without an activation")
    }
    for (index, layer) in layers.enumerated() {
      switch layer {
      case .flatten: continue
      case .maxout, .layerNorm, .lstm:
        throw NetworkError("layer \(index): linear bounds do not cover \(layer)")
      case .dense, .convolution, .dueling:
        switch layer.activation {
        // Above a steeper one the chord is no bound.
        case .leakyReLU(let slope) where slope > 1:
          throw NetworkError(
            "layer \(index): linear bounds do not cover a leaky ReLU of slope \(slope), above 1")
        case .identity, .relu, .leakyReLU: continue
        case .tanh, .sigmoid:
          throw NetworkError("layer \(index): linear bounds do not cover \(layer.activation)")
        }
      }
    }
  }
}

extension Network {
  /// Lower bounds of score[label] − score[j] for each j over a box of inputs, by linear bounds: CROWN (Zhang et al. 2018,
  /// "Efficient Neural Network Robustness Certification with General Activation Functions", theorem 3.2 and table 2, with
  /// its adaptive lower slopes).
  ///
  /// Each activation is replaced by a line below it and one above; what then bounds a difference of scores is a linear
  /// function of the input, found by going backward through the network, whose least value over the box is exact. The
  /// bounds that the lines need are found in the same way, hidden layer by hidden layer.
  ///
  /// Deviations from the paper:
  /// 1. The bounds of each hidden layer are the tighter of these and of interval bounds, which start from
  ///    the tightened bounds of the layer before.
  /// 2. Only units that interval bounds leave undecided between the two pieces of their activation are bounded in this
  ///    way: for the others both lines are the activation itself, whatever the bounds.
  /// 3. Bounds are moved outward by the rounding errors of the network and of their own (``Rounding/outward``).
  /// 4. Leaky ReLU is covered like ReLU, its slope in the place of 0.
  ///
  /// - Parameters:
  ///   - box: bounds of the examples, [batch, example...].
  ///   - labels: an output a row.
  /// - Returns: [batch, outputs], 0 where j is the label; off the tape.
  /// - Precondition: ``Architecture/checkLinearBounds()`` throws nothing.
  /// - Complexity: for each row about two backward passes for every undecided unit, through what the unit sees of the layers
  ///   before it, and one for every output.
  public func linearMargins(over box: Bounds, of labels: [Int]) -> Tensor {
    let pass = LinearBoundsPass(self)
    let box = start(box)
    let margins = labels.indices.flatMap { row in
      pass.margins(over: box.slice(row..<(row + 1)), of: labels[row])
    }
    return Tensor(margins, shape: [labels.count, pass.outputs])
  }
}

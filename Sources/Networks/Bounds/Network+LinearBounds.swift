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
  ///   - workers: threads over the rows.
  /// - Returns: [batch, outputs], 0 where j is the label; off the tape.
  /// - Precondition: ``Architecture/checkLinearBounds()`` throws nothing.
  /// - Complexity: for each row about two backward passes for every undecided unit, and one for every output.
  public func linearMargins(over box: Bounds, of labels: [Int]) -> Tensor {
    let pass = LinearBoundsPass(self)
    let box = start(box)
    let margins = labels.indices.flatMap { row in
      pass.margins(over: box.slice(row..<(row + 1)), of: labels[row])
    }
    return Tensor(margins, shape: [labels.count, pass.outputs])
  }
}

/// A network cut into linear parts with an activation behind each, as linear bounds go through it; one example at a time.
private struct LinearBoundsPass: Sendable {
  /// A linear part and the activation behind it.
  struct Stage: Sendable {
    let map: LinearMap
    /// The slope of the activation below zero: 0 for ReLU, 1 for none.
    let slope: Float
    /// The shapes of one example before and behind.
    let input: [Int]
    let output: [Int]
  }

  /// What is known of a stage's sums, before the activation.
  struct Sums {
    var lower: [Float]
    var upper: [Float]
    /// What rounding errors are a share of.
    let magnitudes: [Float]
  }

  /// Functions bounded in one backward pass: more would only take more memory.
  static let chunk = 128

  let stages: [Stage]
  var outputs: Int { stages.last!.output[0] }

  init(_ network: Network) {
    guard let shapes = try? network.architecture.shapes() else {
      preconditionFailure("a network has shapes that fit")
    }
    var stages: [Stage] = []
    for (index, layer) in network.architecture.layers.enumerated() {
      guard let map = LinearMap(layer, parameters: network.parameters[network.ranges[index]]) else {
        precondition(layer == .flatten, "linear bounds do not cover \(layer)")
        continue
      }
      let slope: Float =
        switch layer.activation {
        case .identity: 1
        case .relu: 0
        case .leakyReLU(let slope): slope
        case .tanh, .sigmoid: preconditionFailure("linear bounds do not cover \(layer.activation)")
        }
      stages.append(Stage(map: map, slope: slope, input: shapes[index], output: shapes[index + 1]))
    }
    precondition(!stages.isEmpty && stages.last!.slope == 1, "a network ends in scores")
    self.stages = stages
  }

  /// Lower bounds of score[label] − score[j] for each j.
  func margins(over box: Bounds, of label: Int) -> [Float] {
    var known: [Sums] = []
    var bounds = box
    for (index, stage) in stages.enumerated() {
      let input = bounds.reshaped(to: Shape([1] + stage.input))
      let magnitudes = stage.map.magnitudes(over: input)
      let interval = stage.map.bounds(over: input, magnitudes: magnitudes)
      known.append(
        Sums(
          lower: interval.lower.elements, upper: interval.upper.elements, magnitudes: magnitudes.elements))
      if index == stages.count - 1 { break }
      if index > 0 { tighten(&known, over: box) }
      let shape = Shape([1] + stage.output)
      bounds = Bounds(
        lower: Tensor(known[index].lower, shape: shape), upper: Tensor(known[index].upper, shape: shape)
      ).activated(
        stage.slope == 1 ? .identity : stage.slope == 0 ? .relu : .leakyReLU(slope: stage.slope),
        rounding: .outward)
    }
    let others = (0..<outputs).filter { $0 != label }
    let functions = others.map { other in
      (0..<outputs).map { Float($0 == label ? 1 : $0 == other ? -1 : 0) }
    }
    var result = [Float](repeating: 0, count: outputs)
    for (other, bound) in zip(others, lowerBounds(of: functions, known: known, over: box)) {
      result[other] = bound
    }
    return result
  }

  /// Tightens the bounds of the last known stage where they are on both sides of zero.
  private func tighten(_ known: inout [Sums], over box: Bounds) {
    let last = known.count - 1
    guard stages[last].slope != 1 else { return }
    let undecided = known[last].lower.indices.filter {
      known[last].lower[$0] < 0 && known[last].upper[$0] > 0
    }
    let count = known[last].lower.count
    for start in stride(from: 0, to: undecided.count, by: Self.chunk / 2) {
      let units = undecided[start..<min(start + Self.chunk / 2, undecided.count)]
      // From below each unit itself, from above its negative.
      let functions = [Float(1), -1].flatMap { sign in
        units.map { unit in
          var function = [Float](repeating: 0, count: count)
          function[unit] = sign
          return function
        }
      }
      let bounds = lowerBounds(of: functions, known: known, over: box)
      for (position, unit) in units.enumerated() {
        known[last].lower[unit] = max(known[last].lower[unit], bounds[position])
        known[last].upper[unit] = min(known[last].upper[unit], -bounds[units.count + position])
      }
    }
  }

  /// Lower bounds of linear functions of the last known stage's sums.
  ///
  /// The rest of each function, the part that does not depend on the input, is kept in Double; the coefficients are
  /// Float32, and what their rounding may change is taken off at each stage.
  private func lowerBounds(of functions: [[Float]], known: [Sums], over box: Bounds) -> [Float] {
    let count = functions.count
    var rests = [Double](repeating: 0, count: count)
    var coefficients = Tensor(
      functions.flatMap(\.self), shape: Shape([count] + stages[known.count - 1].output))
    for index in known.indices.reversed() {
      let stage = stages[index]
      if index < known.count - 1 {
        relax(&coefficients, &rests, slope: stage.slope, sums: known[index])
        coefficients = coefficients.reshaped(to: Shape([count] + stage.output))
      }
      let share = Double(Rounding.share(terms: max(stage.map.terms, stage.map.transposedTerms)))
      let units = known[index].lower.count
      let magnitudes = known[index].magnitudes
      stage.map.bias.withElements { bias in
        coefficients.withElements { coefficients in
          for function in 0..<count {
            var (sum, slack) = (0.0, 0.0)
            for unit in 0..<units {
              let coefficient = coefficients[function * units + unit]
              guard coefficient != 0 else { continue }
              sum += Double(coefficient) * Double(bias[unit % bias.count])
              slack += Double(abs(coefficient)) * Double(magnitudes[unit])
            }
            rests[function] += sum - share * slack
          }
        }
      }
      coefficients = stage.map.pulledBack(coefficients, to: stage.input)
    }
    let inputs = box.lower.count
    return coefficients.withElements { coefficients in
      box.lower.withElements { lower in
        box.upper.withElements { upper in
          rests.indices.map { function in
            var bound = rests[function]
            for input in 0..<inputs {
              let coefficient = coefficients[function * inputs + input]
              bound += Double(coefficient) * Double(coefficient > 0 ? lower[input] : upper[input])
            }
            return Float(bound).nextDown
          }
        }
      }
    }
  }

  /// Takes functions of an activation's outputs to functions of its inputs that are nowhere above them: a positive
  /// coefficient takes the line below the activation, a negative one the line above.
  private func relax(_ coefficients: inout Tensor, _ rests: inout [Double], slope: Float, sums: Sums) {
    guard slope != 1 else { return }
    let units = sums.lower.count
    var below = [Float](repeating: 1, count: units)
    var above = below
    var intercepts = [Double](repeating: 0, count: units)
    for unit in 0..<units {
      let (lower, upper) = (sums.lower[unit], sums.upper[unit])
      if upper <= 0 {
        (below[unit], above[unit]) = (slope, slope)
      } else if lower < 0 {
        // Below: whichever piece leaves the smaller area. Above: the chord, its slope rounded up.
        below[unit] = upper >= -lower ? 1 : slope
        let chord = (Double(upper) - Double(slope) * Double(lower)) / (Double(upper) - Double(lower))
        above[unit] = min(Float(chord).nextUp, 1)
        intercepts[unit] = (Double(slope) - Double(above[unit])) * Double(lower)
      }
    }
    coefficients.withMutableElements { coefficients in
      for function in rests.indices {
        var rest = 0.0
        for unit in 0..<units {
          let coefficient = coefficients[function * units + unit]
          if coefficient > 0 {
            coefficients[function * units + unit] = coefficient * below[unit]
          } else if coefficient < 0 {
            coefficients[function * units + unit] = coefficient * above[unit]
            rest += Double(coefficient) * intercepts[unit]
          }
        }
        rests[function] += rest
      }
    }
  }
}

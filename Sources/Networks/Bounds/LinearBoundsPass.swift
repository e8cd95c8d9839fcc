import Tensors

/// A network cut into linear parts with an activation behind each, as linear bounds go through it; one example at a time.
struct LinearBoundsPass: Sendable {
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

    /// Those of a region of the feature map; all of them without one.
    func within(_ region: MapRegion?, of shape: [Int]) -> Sums {
      guard let region, region != MapRegion(allOf: shape) else { return self }
      return Sums(
        lower: region.cut(from: lower, of: shape), upper: region.cut(from: upper, of: shape),
        magnitudes: region.cut(from: magnitudes, of: shape))
    }
  }

  /// Functions bounded in one backward pass: more would only take more memory.
  static let chunk = 128

  let stages: [Stage]
  var outputs: Int { stages.last!.output.reduce(1, *) }

  init(_ network: Network) {
    let shapes = network.architecture.shapes
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
    for (other, bound) in zip(
      others, lowerBounds(of: functions, in: MapRegion(allOf: stages.last!.output), known: known, over: box))
    {
      result[other] = bound
    }
    return result
  }

  /// Tightens the bounds of the last known stage where they are on both sides of zero.
  private func tighten(_ known: inout [Sums], over box: Bounds) {
    let last = known.count - 1
    let stage = stages[last]
    guard stage.slope != 1 else { return }
    let undecided = known[last].lower.indices.filter {
      known[last].lower[$0] < 0 && known[last].upper[$0] > 0
    }
    // The units at one place of a feature map see the same region of what lies before.
    let channels = stage.output.last!
    for (place, units) in Dictionary(grouping: undecided, by: { $0 / channels }) {
      let region = stage.output.count == 3 ? MapRegion(place: place, width: stage.output[1]) : nil
      for start in stride(from: 0, to: units.count, by: Self.chunk / 2) {
        let units = units[start..<min(start + Self.chunk / 2, units.count)]
        // From below each unit itself, from above its negative.
        let functions = [Float(1), -1].flatMap { sign in
          units.map { unit in
            var function = [Float](repeating: 0, count: channels)
            function[unit % channels] = sign
            return function
          }
        }
        let bounds = lowerBounds(of: functions, in: region, known: known, over: box)
        for (position, unit) in units.enumerated() {
          known[last].lower[unit] = max(known[last].lower[unit], bounds[position])
          known[last].upper[unit] = min(known[last].upper[unit], -bounds[units.count + position])
        }
      }
    }
  }

  /// Lower bounds of linear functions of the last known stage's sums.
  ///
  /// The rest of each function, the part that does not depend on the input, is kept in Double; the coefficients are
  /// Float32, and what their rounding may change is taken off at each stage.
  ///
  /// - Parameter region: where the functions' coefficients lie in the stage's feature map, all others being 0; nil for a
  ///   stage without one. On the way back it is what these units see.
  private func lowerBounds(
    of functions: [[Float]], in region: MapRegion?, known: [Sums], over box: Bounds
  ) -> [Float] {
    let count = functions.count
    var rests = [Double](repeating: 0, count: count)
    var coefficients = Tensor(functions.flatMap(\.self), shape: [count, functions[0].count])
    var region = region
    for index in known.indices.reversed() {
      let stage = stages[index]
      let sums = known[index].within(region, of: stage.output)
      if index < known.count - 1 { relax(&coefficients, &rests, slope: stage.slope, sums: sums) }
      let terms = max(stage.map.terms, stage.map.transposedTerms)
      let (share, tiny) = (Double(Rounding.share(terms: terms)), Double(Rounding.least(terms: terms)))
      let bias = stage.map.bias.elements
      let constants = sums.magnitudes.enumerated().map { unit, magnitude in
        (bias: Double(bias[unit % bias.count]), slack: share * Double(magnitude) + tiny)
      }
      let sum = coefficients.leastSums(
        low: constants.map { $0.bias - $0.slack }, high: constants.map { $0.bias + $0.slack })
      let missing = missing(in: sums.magnitudes.lazy.map(Double.init))
      for function in 0..<count { rests[function] += sum[function] - missing }
      (coefficients, region) = stage.map.pulledBack(coefficients, from: region, to: stage.input)
      if index > 0, region == nil { region = MapRegion(allOf: stages[index - 1].output) }
    }
    let input = stages[0].input
    func corner(_ bound: Tensor) -> [Double] {
      (region?.cut(from: bound.elements, of: input) ?? bound.elements).map(Double.init)
    }
    let (low, high) = (corner(box.lower), corner(box.upper))
    let missing = missing(in: zip(low, high).lazy.map { max(abs($0), abs($1)) })
    let least = coefficients.leastSums(low: low, high: high)
    // A coefficient that Float32 could not hold has left nothing finite behind, and proves nothing.
    return zip(rests, least).map { rest, least in
      let bound = Float(rest + least - missing)
      return bound.isFinite ? bound.nextDown : -.infinity
    }
  }

  /// What coefficients that are too small for Float32 may be off, of variables of at most these sizes.
  private func missing(in sizes: some Sequence<Double>) -> Double {
    sizes.reduce(0, +) * Double(Float.leastNormalMagnitude)
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
    let rest = coefficients.leastSums(low: Array(repeating: 0, count: units), high: intercepts)
    for function in rests.indices { rests[function] += rest[function] }
    coefficients.scaleBySign(positive: below, negative: above)
  }
}

import Tensors

/// The linear part of a layer, x ↦ x·W + b: what both kinds of bounds are made of.
struct LinearMap: Sendable {
  /// How the weight is applied.
  enum Kind: Sendable {
    case dense
    case convolution(stride: Int, padding: Padding)
    /// A dense layer whose forward pass is two products.
    case dueling(outputs: Int)
  }

  let kind: Kind
  let weight: Tensor
  let bias: Tensor
  /// The number of products and summands behind one output.
  let terms: Int
  private let parameters: [Tensor]

  /// The linear part of a layer; nil for one that has none.
  init?(_ layer: Layer, parameters: ArraySlice<Tensor>) {
    self.parameters = Array(parameters)
    switch layer {
    case .dense: kind = .dense
    case .convolution(_, _, let stride, let padding, _):
      kind = .convolution(stride: stride, padding: padding)
    case .dueling(let outputs):
      kind = .dueling(outputs: outputs)
      // V + A − mean A is linear: as one matrix, what V and A have in common cancels before it is bounded.
      (weight, bias) = Self.joined(self.parameters, sign: -1)
      terms = weight.shape[0] + outputs + 3
      return
    case .flatten, .maxout, .layerNorm, .lstm: return nil
    }
    (weight, bias) = (self.parameters[0], self.parameters[1])
    terms = weight.count / weight.shape[-1]
  }

  /// A dueling head as one matrix and one bias, the mean of the advantages added with a sign.
  private static func joined(_ parameters: [Tensor], sign: Float) -> (weight: Tensor, bias: Tensor) {
    let (value, valueBias, advantage, advantageBias) =
      (parameters[0], parameters[1], parameters[2], parameters[3])
    let mean = advantage.mean(alongAxis: -1, keepingAxis: true)
    return (
      .concatenate([value.broadcast(to: advantage.shape), advantage + sign * mean]),
      valueBias + advantageBias + sign * advantageBias.mean(alongAxis: -1, keepingAxis: true)
    )
  }

  /// The number of products behind one coefficient of ``pulledBack(_:from:to:)``.
  var transposedTerms: Int {
    switch kind {
    case .dense, .dueling: weight.shape[1]
    case .convolution: weight.shape[0] * weight.shape[1] * weight.shape[3]
    }
  }

  /// What |x| is multiplied with to bound the sums of magnitudes that the layer's forward pass goes through: |W| and |b|,
  /// and more for a dueling head, whose forward pass is not one product.
  private var magnitude: (weight: Tensor, bias: Tensor) {
    if case .dueling = kind { return Self.joined(parameters.map { $0.abs() }, sign: 1) }
    return (weight.abs(), bias.abs())
  }

  /// x·W + b with a weight and a bias of the map's shapes.
  func applied(to input: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    switch kind {
    case .dense, .dueling: input.dense(weight, bias: bias)
    case .convolution(let stride, let padding):
      input.convolution(weight, bias: bias, stride: stride, padding: padding)
    }
  }

  /// Σ|xᵢ·wᵢ| + |b| at most, for each output: what rounding errors are a share of.
  func magnitudes(over input: Bounds) -> Tensor {
    let (weight, bias) = magnitude
    return applied(to: input.center.abs() + input.radius, weight: weight, bias: bias)
  }

  /// Interval bounds of the outputs: the center through the map, the radius through the map's magnitudes.
  ///
  /// - Parameter magnitudes: ``magnitudes(over:)`` to move the bounds outward by; nil to ignore rounding.
  func bounds(over input: Bounds, magnitudes: Tensor?) -> Bounds {
    let center = applied(to: input.center, weight: weight, bias: bias)
    var radius = applied(to: input.radius, weight: weight.abs(), bias: .zeros(bias.shape))
    if let magnitudes {
      radius = radius + Rounding.share(terms: terms) * magnitudes + Rounding.least(terms: terms)
    }
    return Bounds(center: center, radius: radius)
  }

  /// The coefficients of x in linear functions of the outputs.
  ///
  /// - Parameters:
  ///   - coefficients: of the outputs, or of those within a region: one row a function.
  ///   - region: where the outputs lie in a feature map; nil for a map without one.
  ///   - input: the shape of x.
  /// - Returns: one row a function, and the region of x that the outputs see; nil where x has none.
  func pulledBack(
    _ coefficients: Tensor, from region: MapRegion?, to input: [Int]
  ) -> (coefficients: Tensor, region: MapRegion?) {
    let functions = coefficients.shape[0]
    switch kind {
    case .dense, .dueling:
      return (coefficients.flattened().transposedDense(weight), nil)
    case .convolution(let stride, let padding):
      guard let region else { preconditionFailure("a convolution makes a feature map") }
      let (height, width) = (weight.shape[0], weight.shape[1])
      let top = padding.zerosBefore(input[0], kernel: height, stride: stride)
      let left = padding.zerosBefore(input[1], kernel: width, stride: stride)
      let seen = MapRegion(
        rows: region.rows.lowerBound * stride - top..<(region.rows.upperBound - 1) * stride - top + height,
        columns: region.columns.lowerBound * stride - left..<(region.columns.upperBound - 1) * stride - left
          + width)
      // Zeros beyond the borders have no coefficients.
      let inside = MapRegion(
        rows: seen.rows.clamped(to: 0..<input[0]), columns: seen.columns.clamped(to: 0..<input[1]))
      let result = coefficients.reshaped(to: [
        functions, region.rows.count, region.columns.count, weight.shape[3],
      ])
      .transposedConvolution(
        weight, images: [functions, seen.rows.count, seen.columns.count, input[2]], stride: stride)
      return (result.cut(from: seen, to: inside).flattened(), inside)
    }
  }
}

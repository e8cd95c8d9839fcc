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

  /// The number of products behind one coefficient of ``pulledBack(_:to:)``.
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
    if let magnitudes { radius = radius + Rounding.share(terms: terms) * magnitudes }
    return Bounds(lower: center - radius, upper: center + radius)
  }

  /// The coefficients of x in linear functions of the outputs: [functions, outputs...] gives [functions, inputs...].
  func pulledBack(_ coefficients: Tensor, to input: [Int]) -> Tensor {
    let functions = coefficients.shape[0]
    switch kind {
    case .dense, .dueling:
      return coefficients.transposedDense(weight).reshaped(to: Shape([functions] + input))
    case .convolution(let stride, let padding):
      return coefficients.transposedConvolution(
        weight, images: Shape([functions] + input), stride: stride, padding: padding)
    }
  }
}

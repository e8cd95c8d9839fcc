import Tensors

extension Layer {
  /// Interval bounds of what the layer computes from anything within bounds of its input (Gowal et al. 2019, "Scalable
  /// Verified Training for Provably Robust Image Classification", section 3), in operations of the tape.
  ///
  /// Exact for each output of a dense layer, a convolution, a dueling head and a maxout, each output taken alone. A layer
  /// norm's are those of its formula, operation by operation, and never beyond what a normalized vector can reach.
  /// - Precondition: the layer is not recurrent.
  func bounds(over input: Bounds, parameters: ArraySlice<Tensor>, rounding: Rounding) -> Bounds {
    if let map = LinearMap(self, parameters: parameters) {
      let magnitudes = rounding == .outward ? map.magnitudes(over: input) : nil
      return map.bounds(over: input, magnitudes: magnitudes).activated(activation, rounding: rounding)
    }
    switch self {
    case .flatten: return input.rearranged { $0.flattened() }
    case .maxout(let pieces): return input.mapped { $0.maxout(pieces: pieces) }
    case .layerNorm(let activation):
      return Self.normalized(
        input, scale: parameters.first!, bias: parameters.last!, rounding: rounding
      ).activated(activation, rounding: rounding)
    case .dense, .convolution, .dueling: preconditionFailure("a layer with a linear part has none")
    case .lstm: preconditionFailure("interval bounds do not cover recurrent layers")
    }
  }

  /// Bounds of γ·(x − μ)/√(σ² + 10⁻⁵) + β.
  private static func normalized(
    _ input: Bounds, scale: Tensor, bias: Tensor, rounding: Rounding
  ) -> Bounds {
    let count = Float(input.shape[-1])
    // xᵢ − μ = (1 − 1/n)·xᵢ − Σ xⱼ/n over the others.
    let (center, radius) = (input.center, input.radius)
    let middle = center - center.mean(alongAxis: -1, keepingAxis: true)
    var reach = radius * (1 - 2 / count) + radius.mean(alongAxis: -1, keepingAxis: true)
    let share: Float = rounding == .outward ? Rounding.share(terms: input.shape[-1]) : 0
    if share > 0 {
      reach = reach + share * (center.abs() + radius).max(alongAxis: -1, keepingAxis: true)
    }
    let (low, high) = (middle - reach, middle + reach)
    // σ² is the mean of squares; a square is least where the interval is nearest to zero.
    let zeros = Tensor.zeros(low.shape)
    let nearest = maximum(maximum(low, -high), zeros).squared()
    let farthest = maximum(low.abs(), high.abs()).squared()
    func deviation(_ squares: Tensor, _ factor: Float) -> Tensor {
      ((squares.mean(alongAxis: -1, keepingAxis: true) + 1e-5) * factor).squareRoot()
    }
    let (least, greatest) = (deviation(nearest, 1 - share), deviation(farthest, 1 + share))
    // No element of n is further than √(n − 1) deviations from their mean, nor √n from a mean that is rounded.
    let limit = (share > 0 ? count : count - 1).squareRoot() * (1 + share)
    let lower = minimum(low / least, low / greatest).clamped(to: -limit...limit)
    let upper = maximum(high / least, high / greatest).clamped(to: -limit...limit)
    let (one, other) = (lower * scale, upper * scale)
    let result = Bounds(lower: minimum(one, other) + bias, upper: maximum(one, other) + bias)
    guard share > 0 else { return result }
    return result.widened(
      by: Rounding.share(terms: 0) * (maximum(one.abs(), other.abs()) + bias.abs()) + Rounding.least(terms: 0)
    )
  }
}

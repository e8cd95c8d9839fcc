import Tensors

/// Adam (Kingma & Ba 2015, algorithm 1).
public struct Adam: UpdateRule {
  /// The decay of the mean of gradients, β₁.
  public var beta1: Float
  /// The decay of the mean of squared gradients, β₂.
  public var beta2: Float
  /// Added to the root of the mean of squares.
  public var epsilon: Float

  /// Adam with the paper's constants.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
  }

  /// The two moments.
  public var stateCount: Int { 2 }

  /// One step of algorithm 1.
  public func update(learningRate: Float, step: Int) -> ElementwiseUpdate {
    .adam(
      beta1: beta1, beta2: beta2, epsilon: epsilon,
      rate: Float(Double(learningRate) / (1 - power(Double(beta1), step))),
      scale: Float(1 / (1 - power(Double(beta2), step)).squareRoot()))
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}

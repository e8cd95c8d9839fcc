import Tensors

/// Gradients scaled down so that their joint L2 norm is at most `limit` (Pascanu et al. 2013, algorithm 1).
/// - Returns: the gradients, and their norm before.
public func clipped(_ gradients: [Tensor], toGlobalNorm limit: Float) -> (gradients: [Tensor], norm: Float) {
  let norm = gradients.reduce(Float(0)) { $0 + $1.squared().sum().scalar }.squareRoot()
  guard norm > limit else { return (gradients, norm) }
  return (gradients.map { $0 * (limit / norm) }, norm)
}

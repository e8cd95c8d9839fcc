import RandomStreams
import Tensors

/// How a network's weights start. Biases start at zero.
public enum Initializer: String, Hashable, Sendable, Codable, CaseIterable {
  /// Rows or columns orthonormal, times the gain (Saxe et al. 2014, section 3): keeps norms through deep networks, the
  /// usual start of policy-gradient agents.
  case orthogonal
  /// Uniform in ±gain·√(3 / inputs) (He et al. 2015, equation 10): keeps the variance of activations.
  case kaiming

  /// The factor that makes up for what an activation does to the variance.
  static func gain(of activation: Activation) -> Float {
    switch activation {
    case .identity, .sigmoid: 1
    case .relu: Float(2).squareRoot()
    case .leakyReLU(let slope): (2 / (1 + slope * slope)).squareRoot()
    case .tanh: 5 / 3
    }
  }

  /// A weight of the given shape, its last axis the outputs.
  func weight(_ shape: Shape, gain: Float, using random: inout RandomStream) -> Tensor {
    let outputs = shape[-1]
    let inputs = shape.count / outputs
    switch self {
    case .kaiming:
      let bound = gain * (3 / Float(inputs)).squareRoot()
      return Tensor((0..<shape.count).map { _ in random.uniform(in: -bound...bound) }, shape: shape)
    case .orthogonal:
      // The longer side holds the vectors' elements, the shorter counts them.
      let (length, vectors) = (max(inputs, outputs), min(inputs, outputs))
      let basis = Self.orthonormal(vectors, ofLength: length, using: &random)
      var elements = [Float](repeating: 0, count: shape.count)
      for input in 0..<inputs {
        for output in 0..<outputs {
          let value = inputs >= outputs ? basis[output][input] : basis[input][output]
          elements[input * outputs + output] = gain * Float(value)
        }
      }
      return Tensor(elements, shape: shape)
    }
  }

  /// Orthonormal vectors, uniformly drawn: Gaussian ones through modified Gram–Schmidt, done twice so that rounding
  /// leaves nothing over (Giraud et al. 2005, "twice is enough").
  private static func orthonormal(
    _ vectors: Int, ofLength length: Int, using random: inout RandomStream
  ) -> [[Double]] {
    var basis: [[Double]] = []
    while basis.count < vectors {
      var vector = (0..<length).map { _ in random.normal() }
      for _ in 0..<2 {
        for other in basis {
          var product = 0.0
          for index in 0..<length { product += vector[index] * other[index] }
          for index in 0..<length { vector[index] -= product * other[index] }
        }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // A draw that lies in the span of the others has probability zero; a new one is as good.
      guard norm > 1e-8 else { continue }
      basis.append(vector.map { $0 / norm })
    }
    return basis
  }
}

/// The function that follows a layer's sum. Each has a derivative that can be told from its output alone, which is why
/// a layer fused with it need not keep the sum.
public enum Activation: Hashable, Sendable {
  /// x.
  case identity
  /// max(x, 0).
  case relu
  /// x where positive, slope·x elsewhere; the slope is positive.
  case leakyReLU(slope: Float)
  /// The hyperbolic tangent.
  case tanh
  /// 1/(1 + e⁻ˣ).
  case sigmoid

  /// Writes the activations of `count` elements to `result`, which may be where they are; computes up to the next
  /// multiple of 16.
  func apply(to elements: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>) {
    switch self {
    case .identity: if result != elements { result.update(from: elements, count: count) }
    case .relu: Kernels.table.rectify(count, elements, 0, result)
    case .leakyReLU(let slope): Kernels.table.rectify(count, elements, slope, result)
    case .tanh: Kernels.table.hyperbolic_tangent(count, elements, result)
    case .sigmoid: Kernels.table.sigmoid(count, elements, result)
    }
  }

  /// Does to the result of ``MatrixProduct`` what that has left of the activation.
  @inline(__always)
  func finish(_ elements: UnsafeMutablePointer<Float>, count: Int) {
    if self != .relu, self != .identity { apply(to: elements, count: count, into: elements) }
  }

  /// Makes of the gradient with respect to the activation's output that with respect to its input.
  func pullBack(_ gradient: inout Tensor, output: Tensor) {
    switch self {
    case .identity: return
    case .relu: gradient.rectify(where: output, slope: 0)
    case .leakyReLU(let slope): gradient.rectify(where: output, slope: slope)
    case .tanh: gradient.map(with: output) { $0 * (1 - $1 * $1) }
    case .sigmoid: gradient.map(with: output) { $0 * $1 * (1 - $1) }
    }
  }
}

extension Activation: LosslessStringConvertible {
  /// The name in recipes and policy files: identity, relu, leaky-relu(0.01), tanh, sigmoid.
  public var description: String {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .leakyReLU(let slope): "leaky-relu(\(slope))"
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    }
  }

  /// The activation of a name as ``description`` writes it; nil for any other text.
  public init?(_ description: String) {
    switch description {
    case "identity": self = .identity
    case "relu": self = .relu
    case "tanh": self = .tanh
    case "sigmoid": self = .sigmoid
    default:
      guard description.hasPrefix("leaky-relu("), description.hasSuffix(")"),
        let slope = Float(description.dropFirst(11).dropLast()), slope > 0, slope.isFinite
      else { return nil }
      self = .leakyReLU(slope: slope)
    }
  }
}

extension Activation: Codable {
  /// Written as its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Read from its name.
  /// - Throws: `DecodingError` when no activation has the name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let activation = Activation(name) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no activation is named \(name)")
    }
    self = activation
  }
}

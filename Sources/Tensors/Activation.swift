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

  /// Applies the activation to all elements in place, after adding `bias` to each row, if there is one.
  ///
  /// - Parameters:
  ///   - rows: rows of `columns` floats.
  ///   - bias: `columns` floats.
  @inline(__always)
  func apply(
    to elements: UnsafeMutablePointer<Float>, rows: Int, columns: Int, bias: UnsafePointer<Float>?
  ) {
    switch self {
    case .identity: if bias != nil { Self.sweep(elements, rows, columns, bias) { $0 } }
    case .relu: Self.sweep(elements, rows, columns, bias) { $0 < 0 ? 0 : $0 }
    case .leakyReLU(let slope): Self.sweep(elements, rows, columns, bias) { $0 < 0 ? $0 * slope : $0 }
    case .tanh: Self.sweep(elements, rows, columns, bias, VectorMath.tanh)
    case .sigmoid: Self.sweep(elements, rows, columns, bias, VectorMath.sigmoid)
    }
  }

  @inline(__always)
  private static func sweep(
    _ elements: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int,
    _ bias: UnsafePointer<Float>?, _ function: (Float) -> Float
  ) {
    guard let bias else {
      for index in 0..<(rows &* columns) { elements[index] = function(elements[index]) }
      return
    }
    for row in 0..<rows {
      let values = elements + row &* columns
      for column in 0..<columns { values[column] = function(values[column] + bias[column]) }
    }
  }

  /// Applies the activation to all elements of a tensor in place.
  func apply(to tensor: inout Tensor) {
    let count = tensor.count
    tensor.withUnsafeMutableElements { apply(to: $0, rows: 1, columns: count, bias: nil) }
  }

  /// The gradient with respect to the activation's input, from that with respect to its output and the output.
  func pullBack(_ gradient: Tensor, output: Tensor) -> Tensor {
    switch self {
    case .identity: gradient
    case .relu: mapping(gradient, output) { $1 > 0 ? $0 : 0 }
    case .leakyReLU(let slope): mapping(gradient, output) { $1 > 0 ? $0 : $0 * slope }
    case .tanh: mapping(gradient, output) { $0 * (1 - $1 * $1) }
    case .sigmoid: mapping(gradient, output) { $0 * $1 * (1 - $1) }
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

import RandomStreams
import Tensors

/// A feed-forward network: layers one after another, and their parameters.
public struct Network: Parameterized, Equatable {
  /// The layers and the shape that they start from.
  public struct Architecture: Hashable, Sendable, Codable {
    /// The shape of one example: [height, width, channels], or [inputs].
    public let input: [Int]
    /// The layers, in the order in which they are applied.
    public let layers: [Layer]

    /// An architecture whose layers fit one another.
    /// - Throws: ``NetworkError`` that names the layer that does not fit.
    public init(input: [Int], layers: [Layer]) throws(NetworkError) {
      self.input = input
      self.layers = layers
      _ = try shapes()
    }

    /// The shape of one example before each layer, and behind the last.
    func shapes() throws(NetworkError) -> [[Int]] {
      // Checked here and not in the initializer alone, because a decoded architecture does not come through that.
      guard !input.isEmpty, input.count < Shape.maximumRank, input.allSatisfy({ $0 > 0 }) else {
        throw NetworkError(
          "an example has 1 to \(Shape.maximumRank - 1) extents, which must be positive, not \(input)")
      }
      try Layer.checkSize(input)
      var shapes = [input]
      for (index, layer) in layers.enumerated() {
        do { shapes.append(try layer.outputShape(of: shapes[index])) } catch {
          throw NetworkError("layer \(index): \(error)")
        }
      }
      return shapes
    }

    /// The shapes of all parameters with their names: `0.weight`, `0.bias`, `1.weight`, … counting layers that have any.
    public func parameters() throws(NetworkError) -> [(name: String, shape: Shape)] {
      let shapes = try shapes()
      var named: [(name: String, shape: Shape)] = []
      var counted = 0
      for (layer, shape) in zip(layers, shapes) {
        let own = layer.parameterShapes(for: shape)
        for (kind, shape) in zip(["weight", "bias"], own) { named.append(("\(counted).\(kind)", shape)) }
        if !own.isEmpty { counted += 1 }
      }
      return named
    }

    /// The shape of one example behind the last layer.
    public func output() throws(NetworkError) -> [Int] { try shapes().last! }
  }

  /// The layers and the shape that they start from.
  public let architecture: Architecture
  /// Weight and bias of each layer that has them, in the order of the layers.
  public var parameters: [Tensor]
  /// For each layer where its parameters start and end.
  private let ranges: [Range<Int>]

  /// A network with given parameters.
  /// - Throws: ``NetworkError`` when their number or shapes are not those of the architecture.
  public init(_ architecture: Architecture, parameters: [Tensor]) throws(NetworkError) {
    let expected = try architecture.parameters()
    guard expected.count == parameters.count else {
      throw NetworkError("the architecture has \(expected.count) parameters, not \(parameters.count)")
    }
    for ((name, shape), parameter) in zip(expected, parameters) where parameter.shape != shape {
      throw NetworkError("\(name) must have the shape \(shape), not \(parameter.shape)")
    }
    var ranges: [Range<Int>] = []
    for layer in architecture.layers {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<(start + (layer == .flatten ? 0 : 2)))
    }
    self.architecture = architecture
    self.parameters = parameters
    self.ranges = ranges
  }

  /// A network whose weights are drawn by an initializer and whose biases are zero.
  ///
  /// - Parameters:
  ///   - outputGain: the last layer's gain: 1 for values, 0.01 for the logits of a policy that should start undecided.
  ///   - random: drawn from layer by layer.
  public init(
    _ architecture: Architecture, initializer: Initializer, outputGain: Float = 1,
    using random: inout RandomStream
  ) throws(NetworkError) {
    var parameters: [Tensor] = []
    let last = architecture.layers.lastIndex { $0 != .flatten }
    for (index, (layer, shape)) in zip(architecture.layers, try architecture.shapes()).enumerated() {
      let shapes = layer.parameterShapes(for: shape)
      guard shapes.count == 2 else { continue }
      let gain = index == last ? outputGain : Initializer.gain(of: layer.activation)
      parameters.append(initializer.weight(shapes[0], gain: gain, using: &random))
      parameters.append(.zeros(shapes[1]))
    }
    try self.init(architecture, parameters: parameters)
  }

  /// The network's outputs.
  /// - Parameter examples: [batch, example...]; images may come flattened to a network that starts with a vector.
  /// - Returns: [batch, outputs].
  public func callAsFunction(_ examples: Tensor) -> Tensor {
    var value = examples
    if architecture.input.count == 1, examples.shape.rank > 2 { value = examples.flattened() }
    for (layer, range) in zip(architecture.layers, ranges) {
      value = layer.apply(to: value, parameters: parameters[range])
    }
    return value
  }
}

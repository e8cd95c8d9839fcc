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
    /// The shape of one example before each layer, and behind the last.
    let shapes: [[Int]]

    private enum CodingKeys: CodingKey { case input, layers }

    /// An architecture whose layers fit one another.
    /// - Throws: ``NetworkError`` that names the layer that does not fit.
    public init(input: [Int], layers: [Layer]) throws(NetworkError) {
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
      self.init(input: input, layers: layers, shapes: shapes)
    }

    /// Reads an architecture.
    /// - Throws: `DecodingError` for what is none, ``NetworkError`` for layers that do not fit one another.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      try self.init(
        input: container.decode([Int].self, forKey: .input),
        layers: container.decode([Layer].self, forKey: .layers))
    }

    /// The shapes of all parameters with their names: `0.weight`, `0.bias`, `1.weight`, … counting layers that have any.
    /// A layer norm has a `scale` in place of a weight; a dueling layer has `value.weight`, `value.bias`,
    /// `advantage.weight` and `advantage.bias`.
    public var parameters: [(name: String, shape: Shape)] {
      var named: [(name: String, shape: Shape)] = []
      var counted = 0
      for (layer, shape) in zip(layers, shapes) {
        let own = layer.parameters(for: shape)
        for (name, shape) in own { named.append(("\(counted).\(name)", shape)) }
        if !own.isEmpty { counted += 1 }
      }
      return named
    }

    /// The shape of one example behind the last layer.
    public var output: [Int] { shapes.last! }

    fileprivate func followed(by other: Architecture) -> Architecture {
      precondition(output == other.input, "a network of \(other.input) cannot follow \(output)")
      return Architecture(
        input: input, layers: layers + other.layers, shapes: shapes + other.shapes.dropFirst())
    }

    private init(input: [Int], layers: [Layer], shapes: [[Int]]) {
      (self.input, self.layers, self.shapes) = (input, layers, shapes)
    }
  }

  /// The layers and the shape that they start from.
  public let architecture: Architecture
  /// The parameters of each layer that has any, in the order of the layers.
  public var parameters: [Tensor]
  /// For each layer where its parameters start and end.
  let ranges: [Range<Int>]

  /// A network with given parameters.
  /// - Throws: ``NetworkError`` when their number or shapes are not those of the architecture.
  public init(_ architecture: Architecture, parameters: [Tensor]) throws(NetworkError) {
    let expected = architecture.parameters
    guard expected.count == parameters.count else {
      throw NetworkError("the architecture has \(expected.count) parameters, not \(parameters.count)")
    }
    for ((name, shape), parameter) in zip(expected, parameters) where parameter.shape != shape {
      throw NetworkError("\(name) must have the shape \(shape), not \(parameter.shape)")
    }
    var ranges: [Range<Int>] = []
    for (layer, shape) in zip(architecture.layers, architecture.shapes) {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<(start + layer.parameters(for: shape).count))
    }
    self.architecture = architecture
    self.parameters = parameters
    self.ranges = ranges
  }

  /// A network whose weights are drawn by an initializer and whose biases are zero.
  ///
  /// - Parameters:
  ///   - outputGain: the last layer's gain: 1 for values, 0.01 for the logits of a policy that should start undecided;
  ///     nil for what suits its activation.
  ///   - random: drawn from layer by layer.
  public init(
    _ architecture: Architecture, initializer: Initializer, outputGain: Float? = 1,
    using random: inout RandomStream
  ) throws(NetworkError) {
    var parameters: [Tensor] = []
    let shapes = architecture.shapes
    let last = zip(architecture.layers, shapes).map { $0.parameters(for: $1).isEmpty }.lastIndex(of: false)
    for (index, (layer, shape)) in zip(architecture.layers, shapes).enumerated() {
      parameters += layer.initialParameters(
        for: shape, initializer, gain: index == last ? outputGain : nil, using: &random)
    }
    try self.init(architecture, parameters: parameters)
  }

  /// The network's outputs; those of a recurrent one at the start of an episode.
  /// - Parameter examples: [batch, example...]; images may come flattened to a network that starts with a vector.
  /// - Returns: [batch, outputs].
  public func callAsFunction(_ examples: Tensor) -> Tensor {
    var state: [Tensor] = []
    return callAsFunction(examples, state: &state)
  }

  /// The network's outputs one step further in an episode.
  ///
  /// - Parameters:
  ///   - examples: [batch, example...].
  ///   - state: what the network's recurrent layers carry from step to step, one row an example in each tensor; empty
  ///     at the start of an episode, as zeros are. Changed to what follows.
  /// - Returns: [batch, outputs].
  /// - Precondition: the state is empty or as this network left it.
  public func callAsFunction(_ examples: Tensor, state: inout [Tensor]) -> Tensor {
    if isRecurrent && state.isEmpty { state = initialState(rows: examples.shape[0]) }
    var value = examples
    // A dense layer takes rows of any shape.
    if architecture.input.count == 1, examples.shape.rank > 2, !startsDense { value = examples.flattened() }
    var offset = 0
    for (index, range) in ranges.enumerated() {
      value = architecture.layers[index].apply(
        to: value, parameters: parameters, from: range.lowerBound, state: &state, offset: offset)
      offset += architecture.layers[index].stateCount
    }
    return value
  }

  private var startsDense: Bool {
    if case .dense = architecture.layers.first { true } else { false }
  }

  /// Whether the network remembers something from one step of an episode to the next.
  public var isRecurrent: Bool { architecture.layers.contains { $0.stateCount > 0 } }

  /// The state at the start of an episode: zeros, [rows, units] each; nothing for a network that is not recurrent.
  public func initialState(rows: Int) -> [Tensor] {
    architecture.layers.flatMap { layer -> [Tensor] in
      guard case .lstm(let units) = layer else { return [] }
      return (0..<layer.stateCount).map { _ in .zeros([rows, units]) }
    }
  }

  /// The network that hands its outputs to another.
  /// - Precondition: the other starts from these outputs.
  public func followed(by other: Network) -> Network {
    let count = parameters.count
    return Network(
      joined: architecture.followed(by: other.architecture), parameters: parameters + other.parameters,
      ranges: ranges + other.ranges.map { (count + $0.lowerBound)..<(count + $0.upperBound) })
  }

  private init(joined architecture: Architecture, parameters: [Tensor], ranges: [Range<Int>]) {
    (self.architecture, self.parameters, self.ranges) = (architecture, parameters, ranges)
  }
}

import Tensors

/// A network as people ask for it: a name, and what may differ from what the name stands for.
public struct NetworkChoice: Hashable, Sendable, Codable {
  /// The networks by name. A new one is a case here and an arm below.
  public enum Name: String, Hashable, Sendable, Codable, CaseIterable {
    /// Two hidden layers of 128 units.
    case mlp
    /// Two convolutions (16 filters 6×6 stride 3, 32 filters 3×3 stride 2) and a hidden layer of 128 units.
    case conv
    /// A convolution (16 filters 3×3) and a hidden layer of 128 units, for planes of 10×10 (Young & Tian 2019).
    case minatarCNN = "minatar-cnn"
    /// Three convolutions (32 filters 8×8 stride 4, 64 filters 4×4 stride 2, 64 filters 3×3) and a hidden layer of 512
    /// units, for pixels of 84×84 (Mnih et al. 2015, "Methods").
    case natureCNN = "nature-cnn"
  }

  /// What follows the sum of each hidden layer.
  public enum Nonlinearity: String, Hashable, Sendable, Codable, CaseIterable {
    case relu, tanh, sigmoid
    /// The larger of two sums for each unit (Goodfellow et al. 2013): twice the weights.
    case maxout
  }

  /// The name; nil for what suits the observation.
  public var name: Name?
  /// The filters of each convolution; nil for the name's own.
  public var filters: [Int]?
  /// The units of each hidden layer behind the convolutions; nil for the name's own.
  public var hidden: [Int]?
  /// What follows each hidden layer's sum.
  public var activation: Nonlinearity
  /// Whether the sum of each hidden layer is normalized (``Layer/layerNorm(activation:)``).
  public var layerNorm: Bool
  /// The units of an LSTM layer behind the hidden layers; nil for no memory.
  public var lstm: Int?

  /// A choice; nothing said is what suits the observation, with ReLU.
  public init(
    _ name: Name? = nil, filters: [Int]? = nil, hidden: [Int]? = nil, activation: Nonlinearity = .relu,
    layerNorm: Bool = false, lstm: Int? = nil
  ) {
    self.name = name
    self.filters = filters
    self.hidden = hidden
    self.activation = activation
    self.layerNorm = layerNorm
    self.lstm = lstm
  }

  /// What suits an observation, [height, width, channels]: convolutions where there are pixels or planes in plenty.
  static func suited(to input: [Int]) -> Name {
    let (height, width, channels) = (input[0], input[1], input[2])
    if min(height, width) >= 64 { return .natureCNN }
    if height * width > 256 { return .conv }
    return min(height, width) >= 8 && channels >= 4 ? .minatarCNN : .mlp
  }

  /// The choice with nothing left open for observations, [height, width, channels]: a name and hidden layers. Filters
  /// that nobody set stay out of it, as they do of recipes and policy files.
  public func resolved(for input: [Int]) -> NetworkChoice {
    var choice = self
    let name = name ?? Self.suited(to: input)
    choice.name = name
    choice.hidden = hidden ?? name.hidden
    return choice
  }

  /// The architecture from observations, [height, width, channels], to the units of the last hidden layer.
  ///
  /// - Parameter streams: how many times as wide the last hidden layer is: 2 for a dueling layer behind it.
  /// - Throws: ``NetworkError`` when the observations are too small for the network, or it has another number of convolutions
  ///   than there are numbers of filters.
  public func features(of input: [Int], streams: Int = 1) throws(NetworkError) -> Network.Architecture {
    guard input.count == 3 else {
      throw NetworkError("an observation is [height, width, channels], not \(input)")
    }
    // Twice as many, for maxout or two streams, have to be a number, too.
    for width in (filters ?? []) + (hidden ?? []) where width > Int.max / 4 {
      throw NetworkError("a layer of \(width) units is larger than any memory")
    }
    let name = name ?? Self.suited(to: input)
    var layers: [Layer] = []
    func add(_ layer: (_ width: Int, _ activation: Activation) -> Layer, _ width: Int) {
      let pieces = activation == .maxout ? 2 : 1
      let function = activation.function
      layers.append(layer(width * pieces, layerNorm ? .identity : function))
      if layerNorm { layers.append(.layerNorm(activation: function)) }
      if pieces > 1 { layers.append(.maxout(pieces: pieces)) }
    }
    let convolutions = name.convolutions
    let filters = filters ?? convolutions.map(\.filters)
    guard filters.count == convolutions.count else {
      throw NetworkError(
        "the network \(name.rawValue) has \(convolutions.count) convolutions; filters were given for \(filters.count)"
      )
    }
    for (filters, convolution) in zip(filters, convolutions) {
      add(
        { .convolution(filters: $0, kernel: convolution.kernel, stride: convolution.stride, activation: $1) },
        filters)
    }
    layers.append(.flatten)
    let hidden = hidden ?? name.hidden
    for (index, units) in hidden.enumerated() {
      let isLast = index == hidden.count - 1 && lstm == nil
      add({ .dense(outputs: $0, activation: $1) }, isLast ? units * streams : units)
    }
    if let lstm { layers.append(.lstm(units: lstm)) }
    return try .init(input: input, layers: layers)
  }
}

extension NetworkChoice {
  /// The same with a dense layer behind it, one output a score.
  /// - Throws: ``NetworkError`` as ``features(of:streams:)``.
  public func architecture(of input: [Int], outputs: Int) throws(NetworkError) -> Network.Architecture {
    let features = try features(of: input)
    return try .init(
      input: features.input, layers: features.layers + [.dense(outputs: outputs, activation: .identity)])
  }
}

extension NetworkChoice.Name {
  fileprivate var convolutions: [(filters: Int, kernel: Int, stride: Int)] {
    switch self {
    case .mlp: []
    case .conv: [(16, 6, 3), (32, 3, 2)]
    case .minatarCNN: [(16, 3, 1)]
    case .natureCNN: [(32, 8, 4), (64, 4, 2), (64, 3, 1)]
    }
  }

  /// The units of each hidden layer.
  fileprivate var hidden: [Int] {
    switch self {
    case .mlp: [128, 128]
    case .conv, .minatarCNN: [128]
    case .natureCNN: [512]
    }
  }
}

extension NetworkChoice.Nonlinearity {
  /// The activation of the layer that makes the sum; a maxout follows as a layer of its own.
  fileprivate var function: Activation {
    switch self {
    case .relu: .relu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .maxout: .identity
    }
  }
}

import RandomStreams
import Tensors

/// One layer of a network: what it computes and which parameters it needs. The parameters themselves live in
/// ``Network/parameters``.
///
/// A new layer is a case here, an arm in each of the functions below, and one for its bounds (`Bounds/Layer+Bounds.swift`).
public enum Layer: Hashable, Sendable, Codable {
  /// activation(x·W + b): [rows, inputs] to [rows, outputs].
  case dense(outputs: Int, activation: Activation)
  /// activation(x ∗ W + b): [batch, height, width, channels] to [batch, height, width, filters].
  case convolution(filters: Int, kernel: [Int], stride: Int, padding: Padding, activation: Activation)
  /// [batch, ...] to [batch, all else]; rows of images in row-major order: height, width, channel.
  case flatten
  /// The largest of each group of `pieces` neighbors on the last axis (Goodfellow et al. 2013): an activation of the
  /// layer before, which has `pieces` times as many outputs.
  case maxout(pieces: Int)
  /// activation(γ·(x − μ)/√(σ² + 10⁻⁵) + β) with the mean μ and the variance σ² over the last axis (Ba et al. 2016,
  /// equation 4): a dense layer's units, or the channels at each place of a convolution's output.
  case layerNorm(activation: Activation)
  /// Q = V + A − mean A (Wang et al. 2016, equation 9): the first half of [rows, inputs] gives the value V, the second
  /// the advantages A, each by a dense layer of its own; a hidden layer of double width makes the two streams.
  case dueling(outputs: Int)
  /// Long short-term memory with a forget gate (Gers et al. 2000), in PyTorch's form: [rows, inputs] to [rows, units].
  ///
  ///     i, f, g, o = [x, h]·W + b      c′ = σ(f)·c + σ(i)·tanh(g)      h′ = σ(o)·tanh(c′)
  ///
  /// The state h, c goes on from call to call; it is zero at the start of an episode.
  case lstm(units: Int)

  /// A convolution with a square kernel, by default of stride 1 and with valid padding.
  public static func convolution(
    filters: Int, kernel: Int, stride: Int = 1, padding: Padding = .valid, activation: Activation
  ) -> Layer {
    .convolution(
      filters: filters, kernel: [kernel, kernel], stride: stride, padding: padding, activation: activation)
  }

  /// The shape of one example behind the layer, from its shape before.
  /// - Throws: ``NetworkError`` when the layer does not fit.
  func outputShape(of input: [Int]) throws(NetworkError) -> [Int] {
    switch self {
    case .dense(let outputs, _): return try Self.vectorLayer("a dense layer", input, outputs: outputs)
    case .lstm(let units):
      let output = try Self.vectorLayer("an LSTM layer", input, outputs: units)
      try Self.checkSize([input[0] + units, 4, units])
      return output
    case .dueling(let outputs):
      let output = try Self.vectorLayer("a dueling layer", input, outputs: outputs)
      guard input[0].isMultiple(of: 2) else {
        throw NetworkError("a dueling layer needs two halves, not \(input[0]) inputs")
      }
      return output
    case .convolution(let filters, let kernel, let stride, let padding, _):
      guard input.count == 3 else {
        throw NetworkError("a convolution needs [height, width, channels], not \(input)")
      }
      guard filters > 0, kernel.count == 2, kernel.allSatisfy({ $0 > 0 }), stride > 0 else {
        throw NetworkError("a convolution's filters, kernel and stride must be positive: \(self)")
      }
      if padding == .valid, kernel[0] > input[0] || kernel[1] > input[1] {
        throw NetworkError("a kernel of \(kernel[0])×\(kernel[1]) does not fit into \(input[0])×\(input[1])")
      }
      try Self.checkSize(kernel + [input[2], filters])
      try Self.checkSize([stride])
      let output = [
        padding.extent(input[0], kernel: kernel[0], stride: stride),
        padding.extent(input[1], kernel: kernel[1], stride: stride), filters,
      ]
      try Self.checkSize(output)
      return output
    case .flatten: return [input.reduce(1, *)]
    case .maxout(let pieces):
      guard pieces > 0, input.last!.isMultiple(of: pieces) else {
        throw NetworkError("maxout of \(pieces) pieces does not divide the last extent of \(input)")
      }
      return input.dropLast() + [input.last! / pieces]
    case .layerNorm: return input
    }
  }

  private static func vectorLayer(
    _ layer: String, _ input: [Int], outputs: Int
  ) throws(NetworkError) -> [Int] {
    guard input.count == 1 else {
      throw NetworkError("\(layer) needs a vector, not \(input): put a flatten layer before it")
    }
    guard outputs > 0 else { throw NetworkError("\(layer) needs at least one output, not \(outputs)") }
    try checkSize([input[0], outputs])
    return [outputs]
  }

  /// Extents may come from a file: what no tensor holds is an error, not an overflow.
  /// - Throws: ``NetworkError`` when positive extents multiply to 2³¹ or more.
  static func checkSize(_ extents: [Int]) throws(NetworkError) {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Int(Int32.max) else { throw NetworkError("\(extents) is too large") }
      count = product
    }
  }

  /// The names and the shapes of the layer's parameters for an example of the given shape, in the order in which
  /// ``apply(to:parameters:from:state:offset:)`` expects them.
  func parameters(for input: [Int]) -> [(name: String, shape: Shape)] {
    switch self {
    case .dense(let outputs, _): [("weight", [input[0], outputs]), ("bias", [outputs])]
    case .convolution(let filters, let kernel, _, _, _):
      [("weight", [kernel[0], kernel[1], input[2], filters]), ("bias", [filters])]
    case .layerNorm: [("scale", [input.last!]), ("bias", [input.last!])]
    case .dueling(let outputs):
      [
        ("value.weight", [input[0] / 2, 1]), ("value.bias", [1]),
        ("advantage.weight", [input[0] / 2, outputs]), ("advantage.bias", [outputs]),
      ]
    case .lstm(let units): [("weight", [input[0] + units, 4 * units]), ("bias", [4 * units])]
    case .flatten, .maxout: []
    }
  }

  /// Parameters to start from: weights drawn by an initializer, biases zero, scales one.
  /// - Parameter gain: of the weights; nil for what suits the layer's activation.
  func initialParameters(
    for input: [Int], _ initializer: Initializer, gain: Float?, using random: inout RandomStream
  ) -> [Tensor] {
    parameters(for: input).map { name, shape in
      guard name.hasSuffix("weight") else { return Tensor(repeating: name == "scale" ? 1 : 0, shape: shape) }
      let gain = gain ?? Initializer.gain(of: activation)
      guard case .lstm(let units) = self else { return initializer.weight(shape, gain: gain, using: &random) }
      // What comes in and what is remembered are two matrices, which one product multiplies.
      return Tensor.concatenate(
        [input[0], units].map { initializer.weight([$0, 4 * units], gain: gain, using: &random) })
    }
  }

  /// How many tensors of state the layer carries from call to call.
  var stateCount: Int {
    if case .lstm = self { 2 } else { 0 }
  }

  /// What the layer computes.
  /// - Parameters:
  ///   - parameters: the network's; this layer's begin at `first`.
  ///   - state: the network's; what is this layer's from `offset` on is changed to what follows.
  func apply(
    to input: Tensor, parameters: [Tensor], from first: Int, state: inout [Tensor], offset: Int
  ) -> Tensor {
    switch self {
    case .dense(_, let activation):
      return input.dense(parameters[first], bias: parameters[first + 1], activation: activation)
    case .convolution(_, _, let stride, let padding, let activation):
      return input.convolution(
        parameters[first], bias: parameters[first + 1], stride: stride, padding: padding,
        activation: activation)
    case .flatten: return input.flattened()
    case .maxout(let pieces): return input.maxout(pieces: pieces)
    case .layerNorm(let activation):
      let centered = input - input.mean(alongAxis: -1, keepingAxis: true)
      let deviation = (centered.squared().mean(alongAxis: -1, keepingAxis: true) + 1e-5).squareRoot()
      return (centered / deviation * parameters[first] + parameters[first + 1]).activated(activation)
    case .dueling:
      let half = input.shape[1] / 2
      let value = input.slice(0..<half, alongAxis: 1).dense(parameters[first], bias: parameters[first + 1])
      let advantages = input.slice(half..<(2 * half), alongAxis: 1)
        .dense(parameters[first + 2], bias: parameters[first + 3])
      return value + advantages - advantages.mean(alongAxis: -1, keepingAxis: true)
    case .lstm(let units):
      let (hidden, cell) = (state[offset], state[offset + 1])
      let gates = Tensor.concatenate([input, hidden], alongAxis: 1)
        .dense(parameters[first], bias: parameters[first + 1])
      func gate(_ index: Int) -> Tensor { gates.slice(index * units..<(index + 1) * units, alongAxis: 1) }
      let newCell = gate(1).sigmoid() * cell + gate(0).sigmoid() * gate(2).tanh()
      let newHidden = gate(3).sigmoid() * newCell.tanh()
      (state[offset], state[offset + 1]) = (newHidden, newCell)
      return newHidden
    }
  }

  /// The activation that the layer ends in; its gain is what initializers scale by.
  var activation: Activation {
    switch self {
    case .dense(_, let activation), .convolution(_, _, _, _, let activation), .layerNorm(let activation):
      activation
    case .flatten, .maxout, .dueling, .lstm: .identity
    }
  }
}

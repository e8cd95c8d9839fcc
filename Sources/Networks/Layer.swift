import RandomStreams
import Tensors

/// One layer of a network: what it computes and which parameters it needs. The parameters themselves live in
/// ``Network/parameters``.
///
/// A new layer is a case here and an arm in each of the functions below, nothing else.
public enum Layer: Hashable, Sendable, Codable {
  /// activation(x·W + b): [rows, inputs] to [rows, outputs].
  case dense(outputs: Int, activation: Activation)
  /// activation(x ∗ W + b): [batch, height, width, channels] to [batch, height, width, filters].
  case convolution(filters: Int, kernel: [Int], stride: Int, padding: Padding, activation: Activation)
  /// [batch, ...] to [batch, all else]; rows of images in row-major order: height, width, channel.
  case flatten

  /// A convolution with a square kernel and valid padding.
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
    case .dense(let outputs, _):
      guard input.count == 1 else {
        throw NetworkError("a dense layer needs a vector, not \(input): put a flatten layer before it")
      }
      guard outputs > 0 else { throw NetworkError("a dense layer needs at least one output, not \(outputs)") }
      try Self.checkSize([input[0], outputs])
      return [outputs]
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
    }
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

  /// The shapes of the layer's parameters, weight first, for an example of the given shape.
  func parameterShapes(for input: [Int]) -> [Shape] {
    switch self {
    case .dense(let outputs, _): [[input[0], outputs], [outputs]]
    case .convolution(let filters, let kernel, _, _, _):
      [[kernel[0], kernel[1], input[2], filters], [filters]]
    case .flatten: []
    }
  }

  /// What the layer computes.
  /// - Parameter parameters: those of this layer alone, weight first.
  func apply(to input: Tensor, parameters: ArraySlice<Tensor>) -> Tensor {
    let first = parameters.startIndex
    switch self {
    case .dense(_, let activation):
      return input.dense(parameters[first], bias: parameters[first + 1], activation: activation)
    case .convolution(_, _, let stride, let padding, let activation):
      return input.convolution(
        parameters[first], bias: parameters[first + 1], stride: stride, padding: padding,
        activation: activation)
    case .flatten: return input.flattened()
    }
  }

  /// The activation that the layer ends in; its gain is what initializers scale by.
  var activation: Activation {
    switch self {
    case .dense(_, let activation), .convolution(_, _, _, _, let activation): activation
    case .flatten: .identity
    }
  }
}

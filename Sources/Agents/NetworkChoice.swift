import Networks
import Tensors

/// The networks by the names under which people ask for them.
public enum NetworkChoice: String, Hashable, Sendable, Codable, CaseIterable {
  /// Two hidden layers of 128 units, ReLU.
  case mlp
  /// Two convolutions (16 filters 6×6 stride 3, 32 filters 3×3 stride 2) and a hidden layer of 128 units, ReLU.
  case conv

  /// What suits a frame of a size: pixels in plenty ask for convolutions.
  public static func suited(height: Int, width: Int) -> NetworkChoice {
    height * width > 256 ? .conv : .mlp
  }

  /// The architecture for observations of a shape, [height, width, channels], and a number of outputs.
  /// - Throws: `NetworkError` when the observations are too small for the network.
  public func architecture(input: [Int], outputs: Int) throws -> Network.Architecture {
    let hidden: [Layer] =
      switch self {
      case .mlp: [.flatten, .dense(outputs: 128, activation: .relu), .dense(outputs: 128, activation: .relu)]
      case .conv:
        [
          .convolution(filters: 16, kernel: 6, stride: 3, activation: .relu),
          .convolution(filters: 32, kernel: 3, stride: 2, activation: .relu), .flatten,
          .dense(outputs: 128, activation: .relu),
        ]
      }
    return try .init(input: input, layers: hidden + [.dense(outputs: outputs, activation: .identity)])
  }
}

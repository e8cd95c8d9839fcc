import RandomStreams
import Tensors

extension RandomStream {
  /// Elements drawn uniformly from a range.
  public mutating func tensor(_ shape: Shape, in range: ClosedRange<Float> = -1...1) -> Tensor {
    Tensor((0..<shape.count).map { _ in uniform(in: range) }, shape: shape)
  }

  /// Elements around zero in random order, no two closer than `spacing` and none closer to zero than half of it: away
  /// from the kinks of max, abs and relu, where central differences mean nothing.
  public mutating func spacedTensor(_ shape: Shape, spacing: Float = 0.1) -> Tensor {
    let elements = (0..<shape.count).map { (Float($0 - shape.count / 2) + 0.5) * spacing }
    return Tensor(elements.shuffled(using: &self), shape: shape)
  }
}

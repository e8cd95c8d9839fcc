import Tensors

/// How an iterated attack moves along a gradient. A value with what it remembers of earlier steps.
protocol ClimbRule: Sendable {
  /// The next point, not yet projected.
  mutating func next(from point: Tensor, along gradient: Tensor, within neighborhood: Neighborhood) -> Tensor

  /// Goes on with some of the observations, in the order of the indices.
  mutating func keep(_ rows: [Int])
}

import Tensors

/// Stochastic gradient descent with momentum: v ← μ·v + g, w ← w − rate·v (Sutskever et al. 2013, in PyTorch's form).
public struct SGD: UpdateRule {
  /// μ, from 0 (none) to below 1.
  public var momentum: Float

  /// Descent with the given momentum.
  public init(momentum: Float = 0) { self.momentum = momentum }

  /// One velocity a parameter.
  public var stateCount: Int { 1 }

  /// One step of descent.
  public func update(learningRate: Float, step: Int) -> ElementwiseUpdate {
    .descent(momentum: momentum, rate: learningRate)
  }
}

import Tensors

/// The rule by which an optimizer changes one parameter. The walk over parameters is written once, in ``Optimizer``.
public protocol UpdateRule: Hashable, Sendable {
  /// How many tensors of the parameter's shape the rule remembers for each parameter; they start at zero.
  var stateCount: Int { get }

  /// What a step does to a parameter's elements, its gradient's and those of its state.
  ///
  /// - Parameters:
  ///   - learningRate: the rate of this step.
  ///   - step: the number of this step, from 1.
  func update(learningRate: Float, step: Int) -> ElementwiseUpdate
}

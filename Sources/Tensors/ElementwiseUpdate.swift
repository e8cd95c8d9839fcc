import CKernels

/// One step of an optimizer on the elements of many tensors, none of which depends on another: the checked door to the
/// loops that do it in place.
public struct ElementwiseUpdate: Sendable {
  private enum Rule: Sendable {
    case descent(momentum: Float, rate: Float)
    case adam(AdamStep)
  }

  private let rule: Rule

  /// v ← momentum·v + gradient, parameter ← parameter − rate·v, with v as the only state.
  package static func descent(momentum: Float, rate: Float) -> ElementwiseUpdate {
    ElementwiseUpdate(rule: .descent(momentum: momentum, rate: rate))
  }

  /// The means of gradients and of their squares as state: m ← β₁·m + (1 − β₁)·gradient, s ← β₂·s + (1 − β₂)·gradient²,
  /// parameter ← parameter − rate·m/(scale·√s + epsilon).
  package static func adam(
    beta1: Float, beta2: Float, epsilon: Float, rate: Float, scale: Float
  ) -> ElementwiseUpdate {
    ElementwiseUpdate(
      rule: .adam(AdamStep(beta1: beta1, beta2: beta2, epsilon: epsilon, rate: rate, scale: scale)))
  }

  private var stateCount: Int {
    switch rule {
    case .descent: 1
    case .adam: 2
    }
  }

  /// Changes parameters and what is remembered of each, in place, unless others share their elements. The threads share
  /// the elements out; the result does not depend on their number.
  /// - Precondition: for each parameter a gradient and the tensors of state, all of its shape.
  package func callAsFunction(
    _ parameters: inout [Tensor], along gradients: [Tensor], state: inout [[Tensor]], on workers: Workers
  ) {
    precondition(
      parameters.count == gradients.count && parameters.count == state.count,
      "\(gradients.count) gradients for \(parameters.count) parameters")
    for (index, parameter) in parameters.enumerated() {
      precondition(
        gradients[index].shape == parameter.shape && state[index].count == stateCount
          && state[index].allSatisfy { $0.shape == parameter.shape },
        "gradient and state must have the shape \(parameter.shape) of their parameter")
    }
    let targets = parameters.indices.map { index in
      Target(
        parameter: parameters[index].uniquePointer(), gradient: gradients[index].pointer,
        state: state[index].indices.map { state[index][$0].uniquePointer() })
    }
    // Each piece of a tensor is touched by one thread alone, and the arrays hold the tensors until the step is over.
    nonisolated(unsafe) let shared = targets
    workers.forEachPiece(of: parameters.map(\.count)) { index, range in
      update(shared[index], from: range.lowerBound, count: range.count)
    }
    withExtendedLifetime((parameters, gradients, state)) {}
  }

  private func update(_ target: Target, from start: Int, count: Int) {
    let (parameter, gradient) = (target.parameter + start, target.gradient + start)
    switch rule {
    case .descent(let momentum, let rate):
      Kernels.table.descend(count, parameter, gradient, target.state[0] + start, momentum, rate)
    case .adam(let step):
      Kernels.table.adam(count, parameter, gradient, target.state[0] + start, target.state[1] + start, step)
    }
  }

  /// One parameter and what changes it.
  private struct Target {
    let parameter: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    let state: [UnsafeMutablePointer<Float>]
  }
}

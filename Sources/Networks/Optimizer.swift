import Tensors

/// The rule by which an optimizer changes one parameter. The walk over parameters is written once, in ``Optimizer``.
public protocol UpdateRule: Hashable, Sendable {
  /// How many tensors of the parameter's shape the rule remembers for each parameter; they start at zero.
  var stateCount: Int { get }

  /// Changes a parameter, or a piece of one, in place.
  ///
  /// Element by element: no element's change may depend on another.
  ///
  /// - Parameters:
  ///   - parameter: the elements to change.
  ///   - gradient: as many.
  ///   - state: the tensors remembered for this parameter.
  ///   - count: the number of elements.
  ///   - learningRate: the rate of this step.
  ///   - step: the number of this step, from 1.
  func update(
    _ parameter: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    state: [UnsafeMutablePointer<Float>], count: Int, learningRate: Float, step: Int)
}

/// Changes parameters along their gradients by a rule, and remembers what the rule needs.
public struct Optimizer<Rule: UpdateRule>: Sendable {
  /// The rule for one parameter.
  public let rule: Rule
  /// How many updates were made.
  public private(set) var step = 0
  /// What the rule remembers, parameter by parameter.
  public private(set) var state: [[Tensor]] = []

  /// An optimizer that has not made a step.
  public init(_ rule: Rule) { self.rule = rule }

  /// Makes one step.
  ///
  /// - Parameter workers: the threads that share the elements out; the result does not depend on their number.
  /// - Precondition: as many gradients as parameters, in the same shapes, the same at every step.
  public mutating func update(
    _ parameters: inout [Tensor], along gradients: [Tensor], learningRate: Float, on workers: Workers = .one
  ) {
    precondition(
      parameters.count == gradients.count,
      "\(gradients.count) gradients for \(parameters.count) parameters")
    if state.isEmpty {
      state = parameters.map { parameter in
        (0..<rule.stateCount).map { _ in .zeros(parameter.shape) }
      }
    }
    step += 1
    // The pointers outlive their closures because the arrays hold the tensors until the step is over.
    var targets: [Target] = []
    targets.reserveCapacity(parameters.count)
    for index in parameters.indices {
      precondition(parameters[index].shape == gradients[index].shape, "a gradient of another shape")
      targets.append(
        Target(
          parameter: parameters[index].withUnsafeMutableElements { $0 },
          gradient: gradients[index].withUnsafeElements { $0 },
          state: state[index].indices.map { state[index][$0].withUnsafeMutableElements { $0 } }))
    }
    // Each piece of a tensor is touched by one thread alone.
    nonisolated(unsafe) let shared = targets
    workers.forEachPiece(of: parameters.map(\.count)) { [rule, step] index, range in
      let (target, start) = (shared[index], range.lowerBound)
      rule.update(
        target.parameter + start, gradient: target.gradient + start, state: target.state.map { $0 + start },
        count: range.count, learningRate: learningRate, step: step)
    }
  }

  /// How many updates were made, and what the rule remembers: all that updates change.
  public struct State: Codable, Sendable {
    fileprivate let step: Int
    fileprivate let tensors: [[Tensor]]
  }

  /// What ``restore(_:for:)`` needs to go on from here.
  public var savedState: State { State(step: step, tensors: state) }

  /// Goes on where an optimizer of the same rule and parameters was.
  /// - Parameter parameters: what it updates.
  /// - Throws: `DecodingError` for the state of another.
  public mutating func restore(_ saved: State, for parameters: [Tensor]) throws {
    let expected =
      saved.tensors.isEmpty ? [] : parameters.flatMap { Array(repeating: $0, count: rule.stateCount) }
    _ = try saved.tensors.flatMap(\.self).replacing(expected)
    guard saved.tensors.allSatisfy({ $0.count == rule.stateCount }), saved.step >= 0 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "a state of another rule of updates"))
    }
    step = saved.step
    state = saved.tensors
  }

  /// One parameter and what changes it.
  private struct Target {
    let parameter: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    let state: [UnsafeMutablePointer<Float>]
  }
}

/// Stochastic gradient descent with momentum: v ← μ·v + g, w ← w − rate·v (Sutskever et al. 2013, in PyTorch's form).
public struct SGD: UpdateRule {
  /// μ, from 0 (none) to below 1.
  public var momentum: Float

  /// Descent with the given momentum.
  public init(momentum: Float = 0) { self.momentum = momentum }

  /// One velocity a parameter.
  public var stateCount: Int { 1 }

  /// One step of descent.
  public func update(
    _ parameter: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    state: [UnsafeMutablePointer<Float>], count: Int, learningRate: Float, step: Int
  ) {
    Kernels.descend(
      parameter, along: gradient, velocity: state[0], count: count, momentum: momentum, rate: learningRate)
  }
}

/// Adam (Kingma & Ba 2015, algorithm 1).
public struct Adam: UpdateRule {
  /// The decay of the mean of gradients, β₁.
  public var beta1: Float
  /// The decay of the mean of squared gradients, β₂.
  public var beta2: Float
  /// Added to the root of the mean of squares.
  public var epsilon: Float

  /// Adam with the paper's constants.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
  }

  /// The two moments.
  public var stateCount: Int { 2 }

  /// One step of algorithm 1.
  public func update(
    _ parameter: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    state: [UnsafeMutablePointer<Float>], count: Int, learningRate: Float, step: Int
  ) {
    Kernels.adam(
      parameter, along: gradient, mean: state[0], square: state[1], count: count, beta1: beta1, beta2: beta2,
      epsilon: epsilon, rate: Float(Double(learningRate) / (1 - power(Double(beta1), step))),
      scale: Float(1 / (1 - power(Double(beta2), step)).squareRoot()))
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}

/// Gradients scaled down so that their joint L2 norm is at most `limit` (Pascanu et al. 2013, algorithm 1).
/// - Returns: the gradients, and their norm before.
public func clipped(_ gradients: [Tensor], toGlobalNorm limit: Float) -> (gradients: [Tensor], norm: Float) {
  let norm = gradients.reduce(Float(0)) { $0 + $1.squared().sum().scalar }.squareRoot()
  guard norm > limit else { return (gradients, norm) }
  return (gradients.map { $0 * (limit / norm) }, norm)
}

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
    if state.isEmpty {
      state = parameters.map { parameter in
        (0..<rule.stateCount).map { _ in .zeros(parameter.shape) }
      }
    }
    step += 1
    rule.update(learningRate: learningRate, step: step)(
      &parameters, along: gradients, state: &state, on: workers)
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
    try saved.tensors.flatMap(\.self).checkShapes(of: expected)
    guard saved.tensors.allSatisfy({ $0.count == rule.stateCount }), saved.step >= 0 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "a state of another rule of updates"))
    }
    step = saved.step
    state = saved.tensors
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
  public func update(learningRate: Float, step: Int) -> ElementwiseUpdate {
    .descent(momentum: momentum, rate: learningRate)
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
  public func update(learningRate: Float, step: Int) -> ElementwiseUpdate {
    .adam(
      beta1: beta1, beta2: beta2, epsilon: epsilon,
      rate: Float(Double(learningRate) / (1 - power(Double(beta1), step))),
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

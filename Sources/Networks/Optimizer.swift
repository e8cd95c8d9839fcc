import Tensors

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

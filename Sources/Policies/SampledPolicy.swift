import RandomStreams
import Tensors

/// A policy that draws its action from the softmax of another's scores, each observation from its own stream.
public struct SampledPolicy<Base: DifferentiablePolicy>: DifferentiablePolicy {
  /// Where the scores come from.
  public let base: Base

  /// Draws from the softmax of a policy's scores.
  public init(_ base: Base) { self.base = base }

  /// The scores of the base.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    base.scores(for: observations, memory: &memory, using: &random)
  }

  /// A draw for each observation.
  public func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int] {
    scores.sampled(using: &random)
  }
}

extension SampledPolicy: ValuingPolicy where Base: ValuingPolicy {
  /// The values of the base.
  public func values(
    of observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    base.values(of: observations, memory: &memory, using: &random)
  }
}

extension SampledPolicy: ObscuredPolicy where Base: ObscuredPolicy {
  /// What the base does.
  public var obscurity: String { base.obscurity }

  /// Draws from the scores of the base passed straight through.
  public var straightThrough: any DifferentiablePolicy { base.straightThrough.sampled }
}

extension DifferentiablePolicy {
  /// The policy that draws its actions from the softmax of these scores.
  var sampled: any DifferentiablePolicy { SampledPolicy(self) }
}

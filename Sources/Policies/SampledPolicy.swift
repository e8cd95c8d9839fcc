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

extension Tensor {
  /// A draw from the softmax of each row, [rows, actions], by the inverse of the cumulative distribution: one uniform
  /// draw from each row's own stream.
  /// - Precondition: one stream a row.
  public func sampled(using random: inout [RandomStream]) -> [Int] {
    precondition(shape.rank == 2 && shape[0] == random.count, "one stream for each row of \(shape)")
    let actions = shape[1]
    return softmax().withElements { probabilities in
      random.indices.map { row in
        var rest = Float(random[row].uniform())
        for action in 0..<(actions - 1) {
          rest -= probabilities[row * actions + action]
          if rest < 0 { return action }
        }
        return actions - 1
      }
    }
  }
}

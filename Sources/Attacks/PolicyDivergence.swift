import Networks
import Tensors

/// Another distribution over actions than the clean one, the softmax taken over logits or Q-values alike: what MAD wants. There is
/// always one farther away, so nothing meets it.
public struct PolicyDivergence: Criterion {
  /// The clean scores: [batch, actions].
  public let cleanScores: Tensor

  /// Away from these scores.
  public init(from cleanScores: Tensor) { self.cleanScores = cleanScores.stoppingGradient() }

  /// KL(π(clean) ‖ π(perturbed)), whatever loss is asked for.
  public func loss(of response: Response, as kind: ScoreLoss) -> Tensor {
    cleanScores.klDivergence(to: response.scores)
  }

  /// Nowhere: a divergence can always be larger.
  public func isMet(by response: Response) -> [Bool] {
    Array(repeating: false, count: cleanScores.shape[0])
  }

  /// Actions do not tell.
  public func isMet(by actions: [Int]) -> [Bool]? { nil }

  /// Away from some of the scores.
  public func rows(at indices: [Int]) -> any Criterion {
    PolicyDivergence(from: cleanScores.rows(at: indices))
  }
}

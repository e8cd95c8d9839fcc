import Networks
import Tensors

/// What an attack wants of the victim's scores. Built for each batch from the clean decisions.
public protocol Criterion: Sendable {
  /// What the attack raises, one number an observation: [batch, actions] gives [batch]. On logits or Q-values, never on
  /// probabilities, and defined for two actions.
  func loss(of scores: Tensor) -> Tensor

  /// For each observation whether the scores are what the attack wants.
  func isMet(by scores: Tensor) -> [Bool]
}

/// Any other action than the clean one: the untargeted criterion.
///
/// The loss is the cross-entropy against the clean action, the softmax taken over logits or Q-values alike (Huang et al.
/// 2017, section 3.1).
public struct ActionChange: Criterion {
  /// The clean action of each observation.
  public let cleanActions: [Int]

  /// Any other than these actions.
  public init(from cleanActions: [Int]) { self.cleanActions = cleanActions }

  /// The cross-entropy against the clean actions.
  public func loss(of scores: Tensor) -> Tensor { scores.crossEntropy(with: cleanActions) }

  /// Where another action has the largest score.
  public func isMet(by scores: Tensor) -> [Bool] { zip(scores.argmax(), cleanActions).map { $0 != $1 } }
}

import Tensors

/// What a victim answers to a batch of observations, as far as an attack wants to know.
public struct Response: Sendable {
  /// Logits or Q-values: [batch, actions].
  public let scores: Tensor
  /// The value of each observation, [batch]; nil when nobody asked.
  public let values: Tensor?

  /// An answer.
  public init(scores: Tensor, values: Tensor? = nil) { (self.scores, self.values) = (scores, values) }

  /// The same off the tape.
  func stoppingGradient() -> Response {
    Response(scores: scores.stoppingGradient(), values: values?.stoppingGradient())
  }
}

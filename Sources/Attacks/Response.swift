import Tensors

/// What a victim answers to a batch of observations, as far as an attack wants to know.
public struct Response: Sendable {
  /// Logits or Q-values: [batch, actions].
  public let scores: Tensor
  /// The value of each observation, [batch]; nil when nobody asked.
  public let values: Tensor?

  /// An answer.
  public init(scores: Tensor, values: Tensor? = nil) { (self.scores, self.values) = (scores, values) }

  /// The mean of several answers to the same observations; one answer itself.
  static func mean(of answers: [Response]) -> Response {
    let values = answers.compactMap(\.values)
    return Response(scores: answers.map(\.scores).mean(), values: values.isEmpty ? nil : values.mean())
  }

  /// The same off the tape.
  func stoppingGradient() -> Response {
    Response(scores: scores.stoppingGradient(), values: values?.stoppingGradient())
  }
}

extension [Tensor] {
  /// The mean of tensors of one shape; one tensor itself.
  func mean() -> Tensor { count == 1 ? self[0] : dropFirst().reduce(self[0], +) / Float(count) }
}

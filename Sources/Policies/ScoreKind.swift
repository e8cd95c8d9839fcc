/// What a policy's scores are.
public enum ScoreKind: String, Hashable, Sendable {
  /// Values of the actions: the highest is the value of what is seen.
  case values
  /// Logits of the actions: only their differences mean something.
  case logits
}

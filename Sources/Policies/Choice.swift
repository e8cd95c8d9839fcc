import Tensors

/// What a policy chooses for a batch, with what it shows of how.
public struct Choice: Sendable {
  /// One action an observation.
  public let actions: [Int]
  /// The scores of all actions, [batch, actions]; nil where they are not shown.
  public let scores: Tensor?

  /// A choice.
  public init(actions: [Int], scores: Tensor? = nil) {
    (self.actions, self.scores) = (actions, scores)
  }
}

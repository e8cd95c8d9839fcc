import Tensors

/// A given action: the targeted criterion.
public struct ActionReached: Criterion {
  /// The wanted action of each observation.
  public let targets: [Int]

  /// These actions.
  public init(_ targets: [Int]) { self.targets = targets }

  /// How near the scores are to the targets.
  public func loss(of response: Response, as kind: ScoreLoss) -> Tensor {
    kind.reaching(targets, response.scores)
  }

  /// Where the target has the largest score.
  public func isMet(by response: Response) -> [Bool] { zip(response.scores.argmax(), targets).map(==) }

  /// Where the target is chosen.
  public func isMet(by actions: [Int]) -> [Bool]? { zip(actions, targets).map(==) }

  /// Some of the targets.
  public func rows(at indices: [Int]) -> any Criterion { ActionReached(indices.map { targets[$0] }) }
}

import Tensors

/// Any other action than the clean one: the untargeted criterion.
public struct ActionChange: Criterion {
  /// The clean action of each observation.
  public let cleanActions: [Int]

  /// Any other than these actions.
  public init(from cleanActions: [Int]) { self.cleanActions = cleanActions }

  /// How far the scores are from the clean actions.
  public func loss(of response: Response, as kind: ScoreLoss) -> Tensor {
    kind.leaving(cleanActions, response.scores)
  }

  /// Where another action has the largest score.
  public func isMet(by response: Response) -> [Bool] { zip(response.scores.argmax(), cleanActions).map(!=) }

  /// Where another action is chosen.
  public func isMet(by actions: [Int]) -> [Bool]? { zip(actions, cleanActions).map(!=) }

  /// The change from some of the actions.
  public func rows(at indices: [Int]) -> any Criterion {
    ActionChange(from: indices.map { cleanActions[$0] })
  }
}

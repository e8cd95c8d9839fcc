import Tensors

/// What an attack wants of the victim's answers, for the observations of one batch.
public protocol Criterion: Sendable {
  /// Whether the victim's value is part of it.
  var needsValues: Bool { get }

  /// Whether there is an answer that meets it, and not only better ones and worse ones.
  var canBeMet: Bool { get }

  /// What the attack raises, one number an observation: [batch].
  func loss(of response: Response, as kind: ScoreLoss) -> Tensor

  /// For each observation whether the answer is what the attack wants.
  func isMet(by response: Response) -> [Bool]

  /// The same by the actions alone; nil where they do not tell.
  func isMet(by actions: [Int]) -> [Bool]?

  /// The criterion for some of the observations, in the order of the indices.
  func rows(at indices: [Int]) -> any Criterion
}

extension Criterion {
  /// False by default: scores or actions suffice.
  public var needsValues: Bool { false }

  /// True by default.
  public var canBeMet: Bool { true }

  /// What the attack raises, of scores alone: [batch, actions] gives [batch].
  public func loss(of scores: Tensor, as kind: ScoreLoss = .crossEntropy) -> Tensor {
    loss(of: Response(scores: scores), as: kind)
  }
}

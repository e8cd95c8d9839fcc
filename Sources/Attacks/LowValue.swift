import Tensors

/// A lower value, by the victim's own estimate. It is never met.
public struct LowValue: Criterion {
  /// A lower value.
  public init() {}

  /// Values are needed.
  public var needsValues: Bool { true }

  /// There is always a lower one.
  public var canBeMet: Bool { false }

  /// −V.
  public func loss(of response: Response, as kind: ScoreLoss) -> Tensor {
    guard let values = response.values else { preconditionFailure("the criterion needs the victim's values") }
    return -values
  }

  /// Nowhere: a value can always be lower.
  public func isMet(by response: Response) -> [Bool] {
    Array(repeating: false, count: response.scores.shape[0])
  }

  /// Actions do not tell.
  public func isMet(by actions: [Int]) -> [Bool]? { nil }

  /// The same: nothing in it belongs to an observation.
  public func rows(at indices: [Int]) -> any Criterion { self }
}

import Tensors

/// Several wishes at once: the loss is the sum of theirs, met where all of those are that can be, and nowhere where none can.
public struct AllOf: Criterion {
  /// The wishes.
  public let parts: [any Criterion]

  /// All of some wishes.
  /// - Precondition: there is at least one.
  public init(_ parts: [any Criterion]) {
    precondition(!parts.isEmpty, "all of nothing")
    self.parts = parts
  }

  /// Where one of them needs values.
  public var needsValues: Bool { parts.contains(where: \.needsValues) }

  /// Where one of them can.
  public var canBeMet: Bool { parts.contains(where: \.canBeMet) }

  /// The sum.
  public func loss(of response: Response, as kind: ScoreLoss) -> Tensor {
    parts.dropFirst().reduce(parts[0].loss(of: response, as: kind)) { $0 + $1.loss(of: response, as: kind) }
  }

  /// Where all are met that can be.
  public func isMet(by response: Response) -> [Bool] {
    parts.filter(\.canBeMet).map { $0.isMet(by: response) }
      .reduce(Array(repeating: canBeMet, count: response.scores.shape[0])) { zip($0, $1).map { $0 && $1 } }
  }

  /// Where all are met that can be, if actions tell of those.
  public func isMet(by actions: [Int]) -> [Bool]? {
    guard canBeMet else { return nil }
    var met = Array(repeating: true, count: actions.count)
    for part in parts where part.canBeMet {
      guard let own = part.isMet(by: actions) else { return nil }
      met = zip(met, own).map { $0 && $1 }
    }
    return met
  }

  /// Each for some of the observations.
  public func rows(at indices: [Int]) -> any Criterion { AllOf(parts.map { $0.rows(at: indices) }) }
}

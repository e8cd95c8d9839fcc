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
  /// Actions do.
  public var needsValues: Bool { false }

  /// As a rule there is.
  public var canBeMet: Bool { true }

  /// What the attack raises, of scores alone: [batch, actions] gives [batch].
  public func loss(of scores: Tensor, as kind: ScoreLoss = .crossEntropy) -> Tensor {
    loss(of: Response(scores: scores), as: kind)
  }
}

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

  /// Nowhere.
  public func isMet(by response: Response) -> [Bool] {
    Array(repeating: false, count: response.scores.shape[0])
  }

  /// Actions do not tell.
  public func isMet(by actions: [Int]) -> [Bool]? { nil }

  /// The same: nothing in it belongs to an observation.
  public func rows(at indices: [Int]) -> any Criterion { self }
}

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

import Attacks

extension Cell {
  /// What machines are told of a cell.
  struct Field: Sendable {
    /// The key in JSON.
    let name: String
    /// Nil for what a cell does not have.
    let value: @Sendable (Cell) -> (any Encodable & CustomStringConvertible)?

    init(_ name: String, _ value: @escaping @Sendable (Cell) -> (any Encodable & CustomStringConvertible)?) {
      (self.name, self.value) = (name, value)
    }

    /// The head of the column in CSV, with underscores: `flip_rate`.
    var column: String { name.map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined() }
  }

  /// All of them, in the order of the columns.
  static let fields: [Field] = [
    Field("policy") { $0.policy },
    Field("environment") { $0.environment },
    Field("attack") { $0.attack },
    Field("epsilon") { $0.epsilon },
    Field("epsilonValue") { $0.opposition?.threat.epsilon.value },
    // In words, and its hash.
    Field("threat") { $0.opposition.map { "\($0.threat)" } },
    Field("threatHash") { $0.opposition?.threat.stableHash },
    Field("goal") { $0.goal },
    Field("timing") { $0.opposition.map { "\($0.plan.timing)" } },
    // Draws that each answer was averaged over; nothing for one answer.
    Field("expectation") { $0.opposition?.plan.expectation },
    // Whether a transform without gradient was taken for the identity on the way back.
    Field("straightThrough") { $0.opposition?.plan.isStraightThrough },
    Field("surrogate") { $0.surrogate },
    Field("acting") { $0.acting },
    Field("episodes") { $0.episodes },
    Field("seed") { $0.seed },
    Field("mean") { $0.result.mean },
    Field("meanIntervalLow") { $0.meanInterval?.lowerBound },
    Field("meanIntervalHigh") { $0.meanInterval?.upperBound },
    Field("interquartileMean") { $0.result.interquartileMean },
    Field("intervalLow") { $0.interquartileInterval?.lowerBound },
    Field("intervalHigh") { $0.interquartileInterval?.upperBound },
    Field("intervalOver") { _ in "episodes" },
    Field("flipRate") { $0.result.flipRate },
    // The share of attacked frames on which the policy took the action that the goal names.
    Field("reachRate") { $0.result.reachRate },
    Field("frames") { $0.result.frames },
    Field("attackedFrames") { $0.result.attackedFrames },
    Field("unchangedFrames") { $0.result.unchangedFrames },
    Field("largestPerturbation") { $0.result.largestPerturbation },
    Field("forwardPasses") { $0.result.passes.forward },
    Field("backwardPasses") { $0.result.passes.backward },
    Field("seconds") { $0.seconds },
  ]
}

extension Cell: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The fields that it has, and the return of each episode.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for field in Self.fields {
      if let value = field.value(self) { try container.encode(value, forKey: Key(stringValue: field.name)) }
    }
    try container.encode(result.returns, forKey: Key(stringValue: "returns"))
  }
}

import Environments

/// What is wrong with an attack, in one line.
public struct AttackError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and what would be right.
  public let description: String
  /// Whether a threat model was about to be violated, which is a fault of the attacker's own.
  public let isViolation: Bool

  init(_ description: String) { (self.description, isViolation) = (description, false) }

  private init(violation description: String) { (self.description, isViolation) = (description, true) }

  /// What would be delivered breaks a threat model in spite of the projection.
  static func violation(of threat: ThreatModel, _ what: String) -> AttackError {
    AttackError(violation: "the threat model (\(threat)) is violated: \(what)")
  }

  /// No attack has the name.
  static func unknown(_ name: String) -> AttackError {
    guard !name.isEmpty else {
      return AttackError("an attack without a name: there is a comma or a + too many")
    }
    guard !name.contains(",") else {
      return AttackError(
        "no attack \"\(name)\": the strongest of several is written with +, \(name.replacing(",", with: "+")); one after the "
          + "other plays hoodwink evaluate --attacks")
    }
    return AttackError("no attack \"\(name)\"\(NearestNames.hint(for: name, among: AttackCatalog.names))")
  }

  /// A white-box attack meets a policy that draws its scores.
  /// - Parameter policy: `policy` or `surrogate`, as what it is meant.
  static func unsteadyScores(of policy: String) -> AttackError {
    AttackError(
      "the \(policy)'s scores differ from one look at the same observation to the next: average a white-box attack over "
        + "its randomness with an expectation (--expectation 10)")
  }
}

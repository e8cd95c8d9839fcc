import Environments

/// What is wrong with an attack, in one line.
public struct AttackError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and what would be right.
  public let description: String

  init(_ description: String) { self.description = description }

  /// No attack has the name.
  public static func unknown(_ name: String) -> AttackError {
    AttackError("no attack \"\(name)\"\(NearestNames.hint(for: name, among: AttackCatalog.names))")
  }

  /// A white-box attack meets a policy that draws its scores.
  static let unsteadyScores = AttackError(
    "the policy's scores differ from one look at the same observation to the next: average a white-box attack over "
      + "its randomness with an expectation (--expectation 10)")

  /// The attack has no parameter of the name.
  static func unknownParameter(_ name: String, of attack: String, known: [String]) -> AttackError {
    AttackError(
      known.isEmpty
        ? "the attack \"\(attack)\" has no parameters, and so no \"\(name)\""
        : "the attack \"\(attack)\" has no parameter \"\(name)\"\(NearestNames.hint(for: name, among: known))"
    )
  }
}

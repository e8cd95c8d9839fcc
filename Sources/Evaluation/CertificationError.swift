/// A certificate that cannot be given or does not hold, in one line.
public struct CertificationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What can be wrong with a certificate.
  public enum Kind: Hashable, Sendable {
    /// There is none for such a policy.
    case unavailable
    /// An attack has changed what was certified: bounds or attacker are wrong.
    case broken
  }

  /// What is wrong.
  public let kind: Kind
  /// What was found.
  public let description: String

  init(_ kind: Kind, _ description: String) { (self.kind, self.description) = (kind, description) }
}

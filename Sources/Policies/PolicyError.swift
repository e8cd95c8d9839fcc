/// What is wrong with a policy, in one line.
public struct PolicyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, where, and what would be right.
  public let description: String
  /// Whether there is no policy where one was looked for.
  public let isMissing: Bool

  init(_ description: String, isMissing: Bool = false) {
    (self.description, self.isMissing) = (description, isMissing)
  }
}

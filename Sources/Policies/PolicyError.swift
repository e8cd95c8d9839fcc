/// What is wrong with a policy, in one line.
public struct PolicyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, where, and what would be right.
  public let description: String

  init(_ description: String) { self.description = description }
}

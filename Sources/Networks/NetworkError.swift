/// A network that cannot be built, in one line.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong and what would be right.
  public let description: String

  package init(_ description: String) { self.description = description }
}

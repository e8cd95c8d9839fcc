/// What people are told of a parameter of a defense.
public struct DefenseParameter: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// The usual value.
  public let usual: String
  /// One line.
  public let summary: String
}

/// What people are told of a parameter.
public struct AboutParameter: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// The value where nothing is set; empty for none.
  public let usual: String
  /// One line.
  public let summary: String
}

/// A parameter of a defense that can be set by its name.
public struct DefenseParameter: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// The usual value.
  public let usual: String
  /// One line.
  public let summary: String

  init(_ name: String, _ usual: String, _ summary: String) {
    (self.name, self.usual, self.summary) = (name, usual, summary)
  }
}

/// What people are told of a defense.
public struct AboutDefense: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// Where it sits.
  public let seam: Seam
  /// The agents that it hardens.
  public let agents: String
  /// One line.
  public let summary: String
  /// What can be set.
  public let parameters: [DefenseParameter]

  init(_ name: String, _ seam: Seam, _ agents: String, _ summary: String, _ parameters: [DefenseParameter]) {
    (self.name, self.seam, self.agents, self.summary, self.parameters) = (
      name, seam, agents, summary, parameters
    )
  }
}

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

/// Where a defense sits.
public enum Seam: String, Hashable, Sendable, Codable {
  /// What the agent experiences.
  case collection
  /// What it learns.
  case loss
  /// How the trained policy looks at a frame.
  case inference
}

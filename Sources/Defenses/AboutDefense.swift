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

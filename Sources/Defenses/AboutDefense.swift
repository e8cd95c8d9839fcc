import Attacks

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

  init<Defense: NamedDefense>(
    _ name: String, _ seam: Seam, _ agents: String, _ summary: String, _ parameters: [Parameter<Defense>]
  ) {
    (self.name, self.seam, self.agents, self.summary) = (name, seam, agents, summary)
    self.parameters = parameters.map {
      DefenseParameter(
        name: $0.name, usual: $0.name == "epsilon" ? "--epsilon" : $0.text(Defense()), summary: $0.summary)
    }
  }
}

import Agents
import Attacks
import Policies

/// What people are told of a defense.
public struct AboutDefense: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// Where it sits.
  public let seam: Seam
  /// The agents that it hardens.
  public let agents: [AgentKind]
  /// One line.
  public let summary: String
  /// What can be set.
  public let parameters: [AboutParameter]

  init<Defense: NamedDefense>(
    _ defense: Defense.Type, _ name: String, _ seam: Seam, for agents: [AgentKind] = AgentKind.allCases,
    _ summary: String
  ) {
    (self.name, self.seam, self.agents, self.summary) = (name, seam, agents, summary)
    parameters = Defense.parameters.map { $0.about(Defense()) }
  }

  /// - Throws: `ConfigurationError` when the defense is not for an agent.
  func check(for kind: AgentKind, instead: String) throws(ConfigurationError) {
    guard !agents.contains(kind) else { return }
    throw ConfigurationError(
      "\(name) hardens \(agents.map(\.rawValue).joined(separator: " and ")), not \(kind.rawValue): try \(instead)",
      settings: ["defense", "agent"])
  }
}

/// The agents by the names under which people ask for them, and under which policies say what trained them.
public enum AgentKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// Deep Q-learning.
  case dqn
  /// Proximal policy optimization.
  case ppo
  /// The policy gradient with a baseline.
  case reinforce

  /// Reads a name.
  /// - Throws: ``PolicyError`` for that of no agent.
  public init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let kind = AgentKind(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw PolicyError("the agent \"\(name)\" is none of \(known): its scores may mean anything")
    }
    self = kind
  }

  /// What the scores of its policies are.
  public var scores: ScoreKind {
    switch self {
    case .dqn: .values
    case .ppo, .reinforce: .logits
    }
  }
}

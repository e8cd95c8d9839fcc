import Environments
import Tensors

/// The agents by the names under which people ask for them.
public enum AgentKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// Deep Q-learning with double targets.
  case dqn
  /// The policy gradient with a baseline.
  case reinforce
}

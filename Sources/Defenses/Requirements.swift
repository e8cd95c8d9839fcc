import Agents
import Networks
import Policies

/// - Throws: `ConfigurationError` when a defense is not for an agent.
func requireAgent(
  _ kind: AgentKind, _ kinds: [AgentKind], _ name: String, instead: String
) throws(ConfigurationError) {
  guard !kinds.contains(kind) else { return }
  throw ConfigurationError(
    "\(name) hardens \(kinds.map(\.rawValue).joined(separator: " and ")), not \(kind.rawValue): try \(instead)",
    settings: ["defense", "agent"])
}

/// - Throws: `ConfigurationError` when interval bounds do not cover a network.
func requireIntervalBounds(_ policy: Network, _ name: String) throws(ConfigurationError) {
  do throws(NetworkError) { try policy.architecture.checkIntervalBounds() } catch {
    throw ConfigurationError("\(name): \(error)", settings: ["defense", "network", "lstm"])
  }
}

import Agents
import Networks

/// - Throws: `ConfigurationError` when interval bounds do not cover a network.
func requireIntervalBounds(_ policy: Network, _ name: String) throws(ConfigurationError) {
  do throws(NetworkError) { try policy.architecture.checkIntervalBounds() } catch {
    throw ConfigurationError("\(name): \(error)", settings: ["defense", "network", "lstm"])
  }
}

import Networks
import Policies

extension PolicyFile {
  /// - Throws: ``ConfigurationError`` when an agent cannot begin with the policy: it is another kind's or another network's.
  func check(startsAgentOf kinds: [AgentKind], with network: Network) throws(ConfigurationError) {
    guard kinds.contains(description.agent) else {
      throw ConfigurationError(
        "a policy of \(description.agent) cannot start \(kinds[0]): its outputs mean something else",
        settings: ["start-from", "agent"])
    }
    guard policy.network.architecture == network.architecture else {
      throw ConfigurationError(
        "the policy to start from has another network, or observations or actions of other sizes",
        settings: ["start-from", "network", "filters", "hidden", "stack", "environment"])
    }
  }
}

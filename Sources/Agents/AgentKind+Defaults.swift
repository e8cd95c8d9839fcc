import Policies

extension AgentKind {
  /// The environment steps of a run when nothing is said.
  public var usualSteps: Int {
    switch self {
    case .dqn: 60_000
    case .ppo: 300_000
    case .reinforce: 450_000
    }
  }

  /// The agent's settings when nothing is set.
  public var defaults: any AgentConfiguration {
    switch self {
    case .dqn: DQN.Configuration()
    case .ppo: PPO.Configuration()
    case .reinforce: REINFORCE.Configuration()
    }
  }
}

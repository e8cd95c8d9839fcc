import Agents
import Attacks
import Defenses
import Environments
import Foundation
import Networks
import Policies
import Testing

/// A hardened agent that stops and goes on is, bit for bit, one that never stopped.
@Suite struct ResumeTests {
  private func hardened(_ kind: AgentKind, seed: UInt64) throws -> any LearningAgent {
    var configuration = kind.defaults
    configuration.lanes = 4
    configuration.network = .init(.mlp, hidden: [8])
    configuration.learningRate = .constant(3e-3)
    if var deep = configuration as? DQN.Configuration {
      (deep.learningStart, deep.replayCapacity) = (40, 200)
      configuration = deep
    }
    if var proximal = configuration as? PPO.Configuration {
      (proximal.horizon, proximal.minibatches) = (16, 2)
      configuration = proximal
    }
    let vector = EnvironmentVector(
      id: "test", TwoFeatures(), rules: EpisodeRules(timeLimit: 10), count: configuration.lanes)
    var agent = try configuration.makeAgent(in: vector, seed: seed, workers: .one)
    let plan = try DefensePlan("wocar:warm-up=1:weight=0.5", epsilon: Epsilon(0.02))
    try agent.harden(by: #require(plan.loss))
    return agent
  }

  private func encoded(_ agent: some LearningAgent) throws -> Data {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return try encoder.encode(agent.savedState())
  }

  private func check<Agent: LearningAgent>(_ agent: Agent, _ fresh: any LearningAgent) throws {
    func advance(_ agent: inout Agent, until steps: Int) throws {
      while agent.steps < steps { _ = try agent.advance(progress: 0.1, hardening: nil) }
    }
    var (agent, copy) = (agent, try #require(fresh as? Agent))
    // The second network has learned a few times by then.
    try advance(&agent, until: 128)
    try copy.restore(PropertyListDecoder().decode(Agent.State.self, from: encoded(agent)))
    try advance(&agent, until: 256)
    try advance(&copy, until: 256)
    #expect(copy.policy == agent.policy)
    #expect(try encoded(copy) == encoded(agent))
  }

  @Test(arguments: [AgentKind.dqn, .ppo])
  func whatTheDefenseHasLearnedGoesOn(_ kind: AgentKind) throws {
    try check(hardened(kind, seed: 1), hardened(kind, seed: 2))
  }
}

import Environments
import Foundation
import Networks
import Policies
import TestSupport
import Testing

@testable import Agents

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

private func encoded(_ agent: some LearningAgent) throws -> Data {
  let encoder = PropertyListEncoder()
  encoder.outputFormat = .binary
  return try encoder.encode(agent.savedState())
}

/// An agent like another, which goes on from its state: through bytes, as from a file.
private func resumed<Agent: LearningAgent>(_ agent: Agent, by fresh: any LearningAgent) throws -> Agent {
  var copy = fresh as! Agent
  try copy.restore(PropertyListDecoder().decode(Agent.State.self, from: encoded(agent)))
  return copy
}

/// An agent that stops and goes on is, bit for bit, one that never stopped.
@Suite struct ResumeTests {
  /// One or two of each family, with every generator, camera and kind of state.
  static let environments = [
    "catch-v1", "catch-camera-v1", "pong-42-v1", "lava-bridge-v1", "door-key-6x6-v1", "locked-vault-v1",
    "dynamic-obstacles-5x5-v1", "lava-crossing-pixels-v1", "breakout-v1", "asterix-v1", "freeway-v1",
    "seaquest-v1", "space-invaders-v1",
  ]

  /// Small, so that a few hundred steps see updates, endings and a replay that is full.
  private func configuration(_ kind: AgentKind, lstm: Int?) -> any AgentConfiguration {
    var configuration = kind.defaults
    configuration.lanes = 4
    configuration.frames = 2
    configuration.network = .init(.mlp, hidden: [8], lstm: lstm)
    if var deep = configuration as? DQN.Configuration {
      deep.replayCapacity = 200
      deep.learningStart = 100
      deep.returnSteps = 2
      deep.targetInterval = 10
      return deep
    }
    if var gradient = configuration as? any PolicyGradientConfiguration {
      gradient.isShared = true
      gradient.horizon = 8
      configuration = gradient
    }
    if var proximal = configuration as? PPO.Configuration {
      proximal.minibatches = 2
      proximal.epochs = 2
      configuration = proximal
    }
    return configuration
  }

  private func check(_ agent: some LearningAgent, _ fresh: any LearningAgent, steps: Int) throws {
    var (agent, fresh) = (agent, fresh)
    func advance(_ agent: inout some LearningAgent, until steps: Int) throws {
      while agent.steps < steps { _ = try agent.advance(progress: 0.1, hardening: nil) }
    }
    try advance(&agent, until: steps)
    // What the fresh one lived through before must leave nothing behind.
    while fresh.steps < 60 { _ = try fresh.advance(progress: 0.1, hardening: nil) }
    var copy = try resumed(agent, by: fresh)
    #expect(try encoded(copy) == encoded(agent))
    #expect(copy.policy == agent.policy)
    try advance(&agent, until: 2 * steps)
    try advance(&copy, until: 2 * steps)
    #expect(copy.policy == agent.policy)
    #expect(try encoded(copy) == encoded(agent))
  }

  @Test(
    arguments: environments,
    [(AgentKind.dqn, nil), (.ppo, nil), (.ppo, 4), (.reinforce, nil), (.reinforce, 4)])
  func goesOnBitForBit(_ id: String, _ agent: (kind: AgentKind, lstm: Int?)) throws {
    let configuration = configuration(agent.kind, lstm: agent.lstm)
    let definition = try catalog.definition(for: id)
    func make(seed: UInt64) throws -> any LearningAgent {
      try configuration.makeAgent(in: definition.makeVector(count: 4), seed: seed, workers: .one)
    }
    // DQN updates at every fourth step, and its replay of 200 is full.
    try check(make(seed: 1), make(seed: 2), steps: 260)
  }

  @Test(arguments: [AgentKind.dqn, .ppo, .reinforce])
  func theStateOfAnotherNetworkIsRefused(_ kind: AgentKind) throws {
    let definition = try catalog.definition(for: "catch-v1")
    func agent(hidden: Int) throws -> any LearningAgent {
      var configuration = configuration(kind, lstm: nil)
      configuration.network = .init(.mlp, hidden: [hidden])
      return try configuration.makeAgent(in: definition.makeVector(count: 4), seed: 1, workers: .one)
    }
    func goOn(_ agent: some LearningAgent, by other: any LearningAgent) throws {
      _ = try resumed(agent, by: other)
    }
    try goOn(agent(hidden: 8), by: agent(hidden: 8))
    #expect(throws: DecodingError.self) { try goOn(agent(hidden: 8), by: agent(hidden: 9)) }
  }

  /// Where the replay is too large to be saved, it fills again before the next update: with as many steps as at the start, and
  /// with as many as a transition takes whose stack is whole, since no episode begins then.
  @Test(arguments: [(2, 100, 100), (4, 12, 4 * (4 + 2))])
  func aReplayThatIsTooLargeRefills(_ frames: Int, _ start: Int, _ refill: Int) throws {
    let definition = try catalog.definition(for: "catch-v1")
    var configuration = configuration(.dqn, lstm: nil) as! DQN.Configuration
    (configuration.frames, configuration.learningStart) = (frames, start)
    var agent = try DQN(configuration, environments: definition.makeVector(count: 4), seed: 1)
    #expect(agent.savesAll)
    while agent.steps < 400 { _ = try agent.advance(progress: 0, hardening: nil) }
    agent.savedReplayLimit = 1000
    #expect(!agent.savesAll)
    var copy = try resumed(
      agent, by: DQN(configuration, environments: definition.makeVector(count: 4), seed: 2))
    #expect(copy.steps == agent.steps)
    let updates = copy.updates
    while copy.steps < 400 + refill - 4 { _ = try copy.advance(progress: 0, hardening: nil) }
    #expect(copy.updates == updates)
    while copy.steps < 400 + refill + 8 { _ = try copy.advance(progress: 0, hardening: nil) }
    #expect(copy.updates > updates)
  }
}

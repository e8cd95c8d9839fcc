import Environments
import Episodes
import Networks
import Policies
import RandomStreams
import Tensors
import Testing

@testable import Agents

/// Small, fast settings: what is learned here takes seconds, not tuning.
private func small(_ kind: AgentKind, discount: Float, frames: Int = 1) -> any AgentConfiguration {
  let network = NetworkChoice(.mlp, hidden: [32])
  switch kind {
  case .dqn:
    var configuration = DQN.Configuration()
    configuration.lanes = 4
    configuration.frames = frames
    configuration.network = network
    configuration.discount = .constant(discount)
    configuration.learningStart = 100
    configuration.stepsPerUpdate = 1
    configuration.targetInterval = 50
    configuration.learningRate = .constant(3e-3)
    configuration.exploration = .constant(0.3)
    return configuration
  case .ppo:
    var configuration = PPO.Configuration()
    configuration.lanes = 8
    configuration.frames = frames
    configuration.network = network
    configuration.discount = .constant(discount)
    configuration.horizon = 16
    configuration.minibatches = 4
    configuration.learningRate = .constant(1e-2)
    return configuration
  case .reinforce:
    var configuration = REINFORCE.Configuration()
    configuration.lanes = 8
    configuration.frames = frames
    configuration.network = network
    configuration.discount = .constant(discount)
    configuration.horizon = 8
    configuration.learningRate = .constant(2e-2)
    configuration.entropyBonus = .constant(0.02)
    return configuration
  }
}

private func trained(
  _ configuration: any AgentConfiguration, in environment: some Environment, limit: Int, steps: Int,
  seed: UInt64 = 1, workers: Workers = .one
) throws -> any LearningAgent {
  var agent = try configuration.makeAgent(
    in: EnvironmentVector(environment, limit: limit, count: configuration.lanes),
    seed: seed, workers: workers)
  while agent.steps < steps {
    _ = try agent.advance(progress: Float(agent.steps) / Float(steps), hardening: nil)
  }
  return agent
}

/// The actions of a policy on rows of [1, 1, channels].
private func actions(_ agent: any LearningAgent, on rows: [[Float]]) -> [Int] {
  agent.policy.scores(for: Tensor(rows.flatMap(\.self), shape: [rows.count, 1, 1, rows[0].count])).argmax()
}

/// The mean return of greedy play over 40 episodes.
private func meanReturn(
  _ policy: NetworkPolicy, in environment: some Environment, limit: Int, frames: Int = 1
) throws -> Double {
  var rollout = Rollout(
    EnvironmentVector(environment, limit: limit, count: 40), frames: frames)
  for lane in 0..<40 { rollout.start(lane, seed: UInt64(1000 + lane)) }
  while rollout.isRunning.contains(true) { _ = try rollout.step(policy) }
  return rollout.records.reduce(0) { $0 + $1.episodeReturn } / 40
}

/// What every algorithm must learn in a moment. Each has one thing in it that can be wrong alone.
@Suite struct LearningTests {
  /// In 1,000 steps, each of four actions where it is shown.
  @Test(arguments: AgentKind.allCases, [1, 2, 3] as [UInt64])
  func identity(_ kind: AgentKind, _ seed: UInt64) throws {
    let agent = try trained(small(kind, discount: 0.5), in: Identity(), limit: 10, steps: 1000, seed: seed)
    #expect(agent.steps < 1100)
    let shown = (0..<4).map { state in (0..<4).map { $0 == state ? Float(1) : 0 } }
    #expect(actions(agent, on: shown) == [0, 1, 2, 3])
  }

  /// Bootstrapping through truncation and not through termination, from the true last observation.
  @Test(arguments: AgentKind.allCases, [true, false])
  func truncationTrap(_ kind: AgentKind, _ isEndless: Bool) throws {
    var configuration = small(kind, discount: 0.9)
    if var gradient = configuration as? any PolicyGradientConfiguration {
      // What lies behind the right arm has to be seen before the left one is settled on.
      gradient.entropyBonus = .linear(from: 2, to: 0.1, share: 1)
      gradient.learningRate = .constant(1e-2)
      configuration = gradient
    }
    let agent = try trained(configuration, in: TruncationTrap(isEndless: isEndless), limit: 2, steps: 16_000)
    #expect(actions(agent, on: [[1, 0]]) == [isEndless ? 1 : 0])
  }

  /// The same with returns over three steps, cut at the ends of episodes.
  @Test(arguments: [true, false])
  func truncationTrapWithLongReturns(_ isEndless: Bool) throws {
    var configuration = small(.dqn, discount: 0.9) as! DQN.Configuration
    configuration.returnSteps = 3
    configuration.isDueling = true
    configuration.targetShare = 0.05
    let agent = try trained(configuration, in: TruncationTrap(isEndless: isEndless), limit: 2, steps: 8000)
    #expect(actions(agent, on: [[1, 0]]) == [isEndless ? 1 : 0])
  }

  /// What comes after a reward counts, unless it is taken for the end.
  @Test(arguments: AgentKind.allCases, [true, false])
  func rewardsThatTerminate(_ kind: AgentKind, _ rewardTerminates: Bool) throws {
    var configuration = small(kind, discount: 0.9)
    configuration.rewardTerminates = rewardTerminates
    let agent = try trained(configuration, in: Points(), limit: 8, steps: 6000)
    #expect(actions(agent, on: [[1, 0]]) == [rewardTerminates ? 0 : 1])
  }

  /// With a memory nearly every sign is recalled; without one the mean return is 0 whatever is done.
  @Test(arguments: [AgentKind.ppo, .reinforce])
  func onlyMemoryRecalls(_ kind: AgentKind) throws {
    var configuration = small(kind, discount: 0.95) as! any PolicyGradientConfiguration
    configuration.isShared = true
    configuration.lanes = 16
    configuration.horizon = 16
    configuration.network.lstm = 16
    // 8 of 8 seeds learn it with this rate and with 5e-3; with PPO's 1e-2 above 7 of 8 do.
    configuration.learningRate = .constant(3e-3)
    let recalling = try trained(configuration, in: DelayedRecall(), limit: 4, steps: 20_000)
    #expect(try meanReturn(recalling.policy, in: DelayedRecall(), limit: 4) > 0.9)
    configuration.network.lstm = nil
    let forgetting = try trained(configuration, in: DelayedRecall(), limit: 4, steps: 20_000)
    #expect(try meanReturn(forgetting.policy, in: DelayedRecall(), limit: 4) < 0.5)
  }

  @Test(arguments: AgentKind.allCases)
  func bandit(_ kind: AgentKind) throws {
    let agent = try trained(small(kind, discount: 0.9), in: Bandit(), limit: 1, steps: 4000)
    #expect(actions(agent, on: [[1]]) == [1])
  }

  @Test(arguments: AgentKind.allCases)
  func delayedReward(_ kind: AgentKind) throws {
    let agent = try trained(small(kind, discount: 0.95), in: DelayedReward(), limit: 5, steps: 4000)
    #expect(try meanReturn(agent.policy, in: DelayedReward(), limit: 5) == 1)
  }

  /// Two frames tell the direction. The first step of an episode and those after a turn are guesses: of 20 steps about
  /// 1.5 + 0.3 · 18 … are wrong even so, so that 13 is good and 10 is chance.
  @Test(arguments: AgentKind.allCases)
  func motion(_ kind: AgentKind) throws {
    let agent = try trained(
      small(kind, discount: 0, frames: 2), in: Motion(), limit: 20, steps: 6000)
    #expect(try meanReturn(agent.policy, in: Motion(), limit: 20, frames: 2) > 12.5)
  }

  /// What can be combined, learns: every nonlinearity, with and without normalized sums.
  @Test(arguments: NetworkChoice.Nonlinearity.allCases, [false, true])
  func everyNonlinearityLearns(_ activation: NetworkChoice.Nonlinearity, _ layerNorm: Bool) throws {
    var configuration = small(.dqn, discount: 0)
    configuration.network = .init(.mlp, hidden: [32, 32], activation: activation, layerNorm: layerNorm)
    let agent = try trained(configuration, in: Identity(), limit: 10, steps: 3000)
    let shown = (0..<4).map { state in (0..<4).map { $0 == state ? Float(1) : 0 } }
    #expect(actions(agent, on: shown) == [0, 1, 2, 3])
  }

  @Test(arguments: [AgentKind.ppo, .reinforce])
  func memoryHasTheSameBitsWithAnyNumberOfThreads(_ kind: AgentKind) throws {
    var configuration = small(kind, discount: 0.95) as! any PolicyGradientConfiguration
    configuration.isShared = true
    configuration.network.lstm = 16
    func policy(_ threads: Int) throws -> NetworkPolicy {
      try trained(
        configuration, in: DelayedRecall(), limit: 4, steps: 1000, workers: Workers(threads: threads)
      )
      .policy
    }
    #expect(try policy(1) == policy(2))
  }
}

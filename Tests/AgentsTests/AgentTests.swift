@testable import Agents
import Environments
import Foundation
import Networks
import RandomStreams
import Policies
import TestSupport
import Tensors
import Testing

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

private func train(
  _ id: String, _ agent: AgentKind, steps: Int, seed: UInt64 = 1, workers: Workers = .one
) throws -> TrainingRun {
  var run = try TrainingRun(
    .init(agent.defaults, steps: steps, seed: seed), in: catalog.definition(for: id), workers: workers)
  while !run.isFinished { try run.advance() }
  return run
}

@Suite struct AgentTests {
  /// Short learning tests with a margin: random play has a return below −0.5 in catch and about 0 on the bridge.
  @Test(arguments: [(AgentKind.dqn, 30_000), (.ppo, 150_000), (.reinforce, 200_000)])
  func learnsCatch(_ agent: AgentKind, _ steps: Int) throws {
    let recent = try #require(try train("catch-v1", agent, steps: steps).progress.recentReturn)
    #expect(recent > 0.6)
  }

  @Test(arguments: AgentKind.allCases)
  func sameSeedSameBitsWithAnyNumberOfThreads(_ agent: AgentKind) throws {
    let one = try train("catch-v1", agent, steps: 9000).policyFile
    let two = try train("catch-v1", agent, steps: 9000, workers: Workers(threads: 2)).policyFile
    let other = try train("catch-v1", agent, steps: 9000, seed: 2).policyFile
    #expect(one.policy == two.policy)
    #expect(one.policy != other.policy)
  }

  /// At each moment of a run a discount that changes is what it has come to.
  @Test(arguments: AgentKind.allCases)
  func discountsThatChange(_ kind: AgentKind) throws {
    func learned(_ discount: Schedule) throws -> NetworkPolicy {
      var configuration = kind.defaults
      configuration.discount = discount
      let vector = EnvironmentVector(
        id: "catch", Catch(rows: 10, columns: 10), rules: EpisodeRules(timeLimit: 20),
        count: configuration.lanes)
      var agent = try configuration.makeAgent(in: vector, seed: 1, workers: .one)
      while agent.steps < 9000 { _ = try agent.advance(progress: 0.25, hardening: nil) }
      return agent.policy
    }
    let rising = try learned(.ramp(from: 0.5, to: 0.9, start: 0, end: 0.5))
    #expect(try rising == learned(.constant(0.7)))
    #expect(try rising != learned(.constant(0.5)))
  }

  @Test(arguments: AgentKind.allCases)
  func theDescriptionSaysWhatWasDone(_ agent: AgentKind) throws {
    let description = try train("lava-bridge-v1", agent, steps: 2000).policyFile.description
    #expect(description.environment == "lava-bridge-v1")
    #expect(description.agent == agent)
    #expect(description.steps >= 2000)
    #expect(description.seed == 1)
    #expect(description.configuration["discount"] != nil)
  }

  /// A reward of 1 at each step, truncated after 5 and never terminated: the value is 1/(1 − γ) = 10. Who takes
  /// truncation for termination finds at most 5; who bootstraps through termination finds 10 where 1 is right.
  @Test(arguments: [(false, Float(10)), (true, 1)])
  func deepQLearningTellsTruncationFromTermination(_ terminates: Bool, _ value: Float) throws {
    struct Salary: Environment, Codable {
      let terminates: Bool
      var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1) }
      var actions: [String] { ["wait", "work"] }
      mutating func reset(using random: inout some Randomness) {}
      mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
        Outcome(reward: 1, ending: terminates ? .terminated : nil)
      }
      func observe(into frame: inout MutableSpan<Float>) { frame[0] = 1 }
    }
    var configuration = DQN.Configuration()
    configuration.discount = .constant(0.9)
    configuration.targetInterval = 20
    configuration.network = .init(.mlp)
    let vector = EnvironmentVector(
      id: "salary", Salary(terminates: terminates), rules: EpisodeRules(timeLimit: 5),
      count: configuration.lanes)
    var agent = try DQN(configuration, environments: vector, seed: 1)
    while agent.steps < 8000 { _ = try agent.advance(progress: 0.5, hardening: nil) }
    let found = agent.policy.scores(for: Tensor(repeating: 1, shape: [1, 1, 1, 1])).elements
    #expect(found.allSatisfy { abs($0 - value) < 0.15 * value }, "\(found)")
  }

  /// Episodes of one step with rewards of 1 and 0.9. With advantage learning the second action has y = 0.9 − α · (1 − y),
  /// which is 0 for α = 0.9: ten times as far behind the first, whose value stays.
  @Test func advantageLearningWidensTheGap() throws {
    struct Choice: Environment, Codable {
      var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1) }
      var actions: [String] { ["better", "good"] }
      mutating func reset(using random: inout some Randomness) {}
      mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
        Outcome(reward: action == 0 ? 1 : 0.9, ending: .terminated)
      }
      func observe(into frame: inout MutableSpan<Float>) { frame[0] = 1 }
    }
    func values(_ advantageLearning: Float?) throws -> [Float] {
      var configuration = DQN.Configuration()
      configuration.targetInterval = 20
      configuration.network = .init(.mlp)
      configuration.exploration = .constant(1)
      configuration.advantageLearning = advantageLearning
      let vector = EnvironmentVector(
        id: "choice", Choice(), rules: EpisodeRules(timeLimit: 5), count: configuration.lanes)
      var agent = try DQN(configuration, environments: vector, seed: 1)
      while agent.steps < 8000 { _ = try agent.advance(progress: 0.5, hardening: nil) }
      return agent.policy.scores(for: Tensor(repeating: 1, shape: [1, 1, 1, 1])).elements
    }
    for (advantageLearning, expected) in [(nil, [1, 0.9]), (0.9, [1, 0])] as [(Float?, [Float])] {
      let found = try values(advantageLearning)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 0.05 }, "\(found), not \(expected)")
    }
  }
}

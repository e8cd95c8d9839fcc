@testable import Agents
import Environments
import Foundation
import Networks
import Policies
import TestSupport
import Tensors
import Testing

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

private func run(_ configuration: any AgentConfiguration, start: PolicyFile? = nil) throws -> TrainingRun {
  try TrainingRun(
    .init(configuration, steps: 2000, seed: 1, start: start), in: catalog.definition(for: "catch-v1"))
}

private func trained(_ configuration: any AgentConfiguration) throws -> PolicyFile {
  var run = try run(configuration)
  while !run.isFinished { try run.advance() }
  return run.policyFile
}

/// Training that begins with a trained policy.
@Suite struct StartTests {
  @Test(arguments: AgentKind.allCases)
  func beginsWithAllThatWasLearned(_ kind: AgentKind) throws {
    let file = try trained(kind.defaults)
    var again = try run(kind.defaults, start: file)
    #expect(again.policyFile.policy == file.policy)
    #expect(again.policyFile.critic?.parameters.map(\.elements) == file.critic?.parameters.map(\.elements))
    #expect(again.policyFile.description.configuration["startFrom"] == file.weightsHash.description)
    #expect(try run(kind.defaults).policyFile.policy != file.policy)
    while !again.isFinished { try again.advance() }
    #expect(again.policyFile.policy != file.policy)
  }

  /// From a policy that values everything at 5, with γ = 0.97, a step that does not end the episode is off by about 0.15; from a
  /// target network that was left as drawn it would be off by about 5. One step in nine ends an episode here.
  @Test func theTargetNetworkBeginsThere() throws {
    var configuration = DQN.Configuration()
    var file = try trained(configuration)
    var network = file.policy.network
    let last = network.parameters.count - 1
    network.parameters[last - 1] = 0 * network.parameters[last - 1]
    network.parameters[last] = Tensor(repeating: 5, shape: network.parameters[last].shape)
    file.policy = NetworkPolicy(network)
    configuration.learningRate = .constant(0)
    var run = try run(configuration, start: file)
    while run.progress.loss == nil { try run.advance() }
    #expect(try #require(run.progress.loss) < 2)
  }

  /// Before environments are made, which there cannot be none of.
  @Test(arguments: AgentKind.allCases) func noLanesAreAnError(_ kind: AgentKind) throws {
    var configuration = kind.defaults
    configuration.lanes = 0
    let error = #expect(throws: ConfigurationError.self) { try run(configuration) }
    #expect(error?.settings == ["lanes"])
  }

  @Test func aPolicyThatDoesNotFitIsRefused() throws {
    let file = try trained(PPO.Configuration())
    var hidden = PPO.Configuration()
    hidden.network.hidden = [16]
    var separate = PPO.Configuration()
    separate.isShared = false
    #expect(throws: ConfigurationError.self) { try run(DQN.Configuration(), start: file) }
    #expect(throws: ConfigurationError.self) { try run(hidden, start: file) }
    // What two networks have learned apart cannot be shared; the other way it can.
    let apart = try trained(separate)
    #expect(throws: ConfigurationError.self) { try run(PPO.Configuration(), start: apart) }
    #expect(try run(separate, start: file).policyFile.policy == file.policy)
  }

  @Test func theHashIsOfTheWeights() throws {
    var file = try trained(PPO.Configuration())
    let hash = file.weightsHash
    file.description.seed += 1
    #expect(file.weightsHash == hash)
    var critic = try #require(file.critic)
    critic.parameters[0] = 2 * critic.parameters[0]
    file.critic = critic
    #expect(file.weightsHash != hash)
  }
}

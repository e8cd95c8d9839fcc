import Environments
import Foundation
import Networks
import Policies
import TestSupport
import Tensors
import Testing

@testable import Agents

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

/// Catch's policy that does the same thing always.
private func always(_ action: Int) throws -> NetworkPolicy {
  NetworkPolicy(
    try Network(
      .init(input: [10, 10, 1], layers: [.flatten, .dense(outputs: 3, activation: .identity)]),
      parameters: [.zeros([100, 3]), Tensor((0..<3).map { $0 == action ? 1 : 0 })]))
}

/// Learns nothing, but takes up one constant action after the other.
private struct Turncoat: LearningAgent {
  struct Configuration: AgentConfiguration {
    let actions: [Int]
    var lanes = 1
    var frames = 1
    var network = NetworkChoice(.mlp)
    var discount = Schedule.constant(1)
    var rewardTerminates = false
    var learningRate = Schedule.constant(0)
    var gradientLimit: Float = 1
    var kind: AgentKind { .dqn }

    init(_ actions: [Int]) { self.actions = actions }

    func makeAgent(in environments: any VectorEnvironment, seed: UInt64, workers: Workers) throws
      -> any LearningAgent
    {
      Turncoat(policies: try actions.map(always))
    }
  }

  static var measures: [String] { [] }
  let policies: [NetworkPolicy]
  private(set) var steps = 0
  var policy: NetworkPolicy { policies[max(steps - 1, 0)] }

  init(policies: [NetworkPolicy]) { self.policies = policies }

  mutating func advance(progress: Float, hardening: (any CollectionDefense)?) -> TrainingUpdate {
    steps += 1
    return TrainingUpdate()
  }

  func start(from file: PolicyFile) {}
  func harden(by recipe: any LossDefenseRecipe) {}
  func savedState() -> Int { steps }
  mutating func restore(_ state: Int) { steps = state }
}

@Suite struct PeriodicEvaluationTests {
  /// Who always goes left, stays or goes right ends in column 0, 5 or 9, and catches what falls there: 1,
  /// 3 or 4 of the run's twenty balls. By NumPy 2.4.6 ball k falls in column
  /// default_rng(seed).integers(10), where seed is PCG64(SeedSequence(9, spawn_key=(8, k))).random_raw().
  /// With key 7, that of the training, each catches 2.
  @Test func theBestPolicyIsThatOfTheLargestReturn() throws {
    try withTemporaryFolder { url in
      let (left, stay, right) = (0, 1, 2)
      let run = try TrainingRun(
        .init(
          Turncoat.Configuration([stay, right, left, stay]), steps: 4, seed: 9,
          evaluation: .init(interval: 1, episodes: 20)), in: catalog.definition(for: "catch-v1"))
      let recipe = "agent: any\n"
      let recorded = try RecordedRun(
        run, in: RunFolder(new: url, recipe: recipe), recipe: recipe, version: "1", interval: .steps(100))
      var returns: [Double?] = []
      while !recorded.run.isFinished {
        try recorded.advance()
        returns.append(recorded.run.progress.evaluation)
      }
      #expect(returns == [-0.7, -0.6, -0.9, -0.7])
      func policy(_ name: String) throws -> NetworkPolicy {
        try PolicyFile(contentsOf: url.appendingPathComponent("\(name).safetensors")).policy
      }
      #expect(try policy("best") == always(right))
      #expect(try policy("last") == always(stay))
    }
  }

  /// A policy that catches every ball catches one in ten where noise drowns the frame. That it is half of
  /// forty has a chance of 2 in 10¹⁰.
  @Test func thePolicyIsEvaluatedBehindItsInferenceDefenses() throws {
    let folder = repository.appending(path: "Policies")
    let start = try PolicyFile(contentsOf: PolicyFile.locate("catch-v1-dqn", policies: folder))
    let definition = try catalog.definition(for: "catch-v1")
    func evaluation(_ inference: [InferenceDefense]) throws -> Double? {
      var run = try TrainingRun(
        .init(
          DQN.Configuration(), steps: 1, seed: 1, inference: inference,
          evaluation: .init(interval: 1, episodes: 40), start: start), in: definition)
      // Too short for an update.
      try run.advance()
      return run.progress.evaluation
    }
    #expect(try evaluation([]) == 1)
    #expect(try #require(try evaluation([.smoothing(sigma: 100, samples: 1)])) < 0)
  }
}

import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

@testable import Agents

/// What `Scripts/reference_fixtures.py` recorded.
private func fixture(_ name: String) throws -> (String) throws -> Tensor {
  let file = try Safetensors(
    contentsOf: repository.appending(path: "Tests/NetworksTests/Fixtures/\(name).safetensors"))
  return { key in
    let entry = try #require(file[key], "\(key)")
    return Tensor(entry.elements, shape: Shape(entry.shape))
  }
}

/// Shows 4×4×2 entries and does nothing.
private struct Still: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 4, width: 4, channels: 2) }
  var actions: [String] { ["0", "1", "2"] }
  mutating func reset(using random: inout some Randomness) {}
  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome { Outcome(reward: 0) }
  func observe(into frame: inout MutableSpan<Float>) { for index in 0..<32 { frame[index] = 0 } }
}

/// Shows the number of steps, and pays 1 for every so many of them.
private struct Count: Environment, Codable {
  /// The step with which it terminates; nil for never.
  var end: Int?
  var paidEvery = 1
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1, low: 0, high: 9) }
  var actions: [String] { ["on", "off"] }
  var elapsed = 0
  mutating func reset(using random: inout some Randomness) { elapsed = 0 }
  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    elapsed += 1
    return Outcome(reward: elapsed % paidEvery == 0 ? 1 : 0, ending: elapsed == end ? .terminated : nil)
  }
  func observe(into frame: inout MutableSpan<Float>) { frame[0] = Float(elapsed) }
}

/// The lanes of a vector, in parts of some sizes.
private func parts(_ sizes: [Int], of environments: any VectorEnvironment) -> [Rollout] {
  var first = 0
  return sizes.map { size in
    var rollout = Rollout(environments.part(first..<(first + size)), frames: 1)
    rollout.startTraining(seed: 1, first: first)
    first += size
    return rollout
  }
}

@Suite struct PolicyGradientTests {
  /// Acting in parts, on any number of threads, fills the buffer with the same bits as acting in one.
  @Test(arguments: [nil, 4])
  func partsLiveThroughWhatTheWholeDoes(_ lstm: Int?) throws {
    let catalog = try repositoryCatalog()
    for (id, input) in [("breakout-v1", [10, 10, 4]), ("catch-v1", [10, 10, 1])] {
      let environments = try catalog.definition(for: id).makeVector(count: 11)
      var random = RandomStream(seed: 5)
      var model = try ActorCritic(
        .init(.minatarCNN, hidden: [8], lstm: lstm), isShared: true, input: input,
        actions: environments.actions.count, using: &random)
      model.parameters = model.parameters.map { $0 + 0.1 * random.tensor($0.shape) }
      func lived(_ sizes: [Int], threads: Int) throws -> (RolloutBuffer, [[Double]]) {
        var rollouts = parts(sizes, of: environments)
        var buffer = RolloutBuffer(horizon: 13, lanes: 11, input: input)
        var returns: [[Double]] = []
        for _ in 0..<3 {
          returns.append(
            try buffer.fill(from: &rollouts, by: model, attacker: nil, on: Workers(threads: threads)))
        }
        return (buffer, returns)
      }
      let (whole, returns) = try lived([11], threads: 1)
      #expect(returns.contains { !$0.isEmpty })
      for (sizes, threads) in [([5, 6], 1), ([5, 6], 2), ([1, 7, 3], 2)] {
        let (buffer, others) = try lived(sizes, threads: threads)
        #expect(buffer.observations == whole.observations && buffer.entries == whole.entries)
        #expect(buffer.memory == whole.memory && others == returns)
      }
    }
  }

  /// By hand, with γ = ½ and λ = ½, one lane: a termination ends the sums, a truncation puts the value of the last
  /// observation in their place, and so does the end of the buffer.
  @Test func advantagesByHand() {
    let advantages = RolloutBuffer.advantages(
      rewards: [1, 2, 4, 8], values: [1, 1, 2, 4], nextValues: [1, 0, 6, 10],
      isEnd: [false, true, true, false], lanes: 1, discount: 0.5, lambda: 0.5)
    // δ = 1 + ½·1 − 1, 2 − 1, 4 + ½·6 − 2, 8 + ½·10 − 4
    #expect(advantages == [0.5 + 0.25 * 1, 1, 5, 9])
  }

  @Test func advantagesByTheirDefinition() throws {
    let tensor = try fixture("returns")
    let endings = try tensor("endings").elements
    let advantages = RolloutBuffer.advantages(
      rewards: try tensor("rewards").elements, values: try tensor("values").elements,
      nextValues: try tensor("following").elements, isEnd: endings.map { $0 != 0 }, lanes: 3, discount: 0.9,
      lambda: 0.8)
    #expect(relativeError(advantages, try tensor("advantages").elements) < 1e-5)
  }

  /// The buffer tells endings apart: a reward of 1 a step, the values those of the critic.
  @Test(arguments: [true, false])
  func theBufferTakesTheTrueLastObservation(_ terminates: Bool) throws {
    var random = RandomStream(seed: 1)
    let model = try ActorCritic(
      .init(.mlp, hidden: [8]), isShared: true, input: [1, 1, 1], actions: 2, using: &random)
    var rollouts = parts([2], of: EnvironmentVector(Count(end: terminates ? 3 : nil), limit: 3, count: 2))
    var buffer = RolloutBuffer(horizon: 5, lanes: 2, input: [1, 1, 1])
    let returns = try buffer.fill(from: &rollouts, by: model, attacker: nil)
    #expect(returns == [3, 3])
    #expect(buffer.observations.elements == [0, 0, 1, 1, 2, 2, 0, 0, 1, 1])
    #expect(buffer.entries.map { $0.isEnd ? 1 : 0 } == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0])
    #expect(buffer.entries.map(\.continues) == [0, 0, 1, 1, 1, 1, 0, 0, 1, 1])
    var memory = Memory()
    let values = model(Tensor([0, 1, 2, 3], shape: [4, 1, 1, 1]), memory: &memory).values.elements
    let expected = [values[1], values[2], terminates ? 0 : values[3], values[1], values[2]]
    for (step, value) in expected.enumerated() {
      for entry in buffer.entries[2 * step..<2 * step + 2] {
        #expect(abs(entry.nextValue - value) < 1e-6, "step \(step)")
      }
    }
  }

  /// A reward that is taken for the end has no value behind it, also where the time runs out with it; the memory and the
  /// episode go on.
  @Test func rewardsThatTerminateEndNoEpisode() throws {
    var random = RandomStream(seed: 1)
    let model = try ActorCritic(
      .init(.mlp, hidden: [8]), isShared: true, input: [1, 1, 1], actions: 2, using: &random)
    var rollouts = parts([1], of: EnvironmentVector(Count(paidEvery: 2), limit: 4, count: 1))
    var buffer = RolloutBuffer(horizon: 6, lanes: 1, input: [1, 1, 1])
    let returns = try buffer.fill(from: &rollouts, by: model, attacker: nil, rewardTerminates: true)
    #expect(returns == [2])
    #expect(buffer.observations.elements == [0, 1, 2, 3, 0, 1])
    #expect(buffer.entries.map(\.isEnd) == [false, true, false, true, false, true])
    #expect(buffer.entries.allSatisfy { !$0.isTruncated })
    #expect(buffer.entries.map(\.continues) == [0, 1, 1, 1, 0, 1])
    var memory = Memory()
    let values = model(Tensor([0, 1, 2, 3], shape: [4, 1, 1, 1]), memory: &memory).values.elements
    for (entry, value) in zip(buffer.entries, [values[1], 0, values[3], 0, values[1], 0]) {
      #expect(abs(entry.nextValue - value) < 1e-6)
    }
  }

  /// One update on a minibatch against PyTorch: the terms of the loss and every parameter after it.
  @Test(arguments: [false, true])
  func oneUpdateAgreesWithPyTorch(_ clipsValue: Bool) throws {
    let tensor = try fixture("ppo")
    var configuration = PPO.Configuration()
    configuration.lanes = 4
    configuration.horizon = 6
    configuration.network = .init(.mlp)
    configuration.learningRate = .constant(1e-2)
    configuration.minibatches = 1
    configuration.clipsValue = clipsValue
    var agent = try PPO(
      configuration, environments: EnvironmentVector(Still(), count: 4), seed: 1)
    let names = ["torso.0", "torso.1", "actor", "critic"].flatMap { ["\($0).weight", "\($0).bias"] }
    let torso = try Network(
      .init(
        input: [4, 4, 2],
        layers: [
          .convolution(filters: 4, kernel: 3, activation: .relu), .flatten,
          .dense(outputs: 8, activation: .relu),
        ]), parameters: names[..<4].map { try tensor($0) })
    func head(_ name: String, _ outputs: Int) throws -> Network {
      try Network(
        .init(input: [8], layers: [.dense(outputs: outputs, activation: .identity)]),
        parameters: [tensor("\(name).weight"), tensor("\(name).bias")])
    }
    agent.learner.model.torso = torso
    agent.learner.model.actor = try head("actor", 3)
    agent.learner.model.critic = try head("critic", 1)
    agent.learner.buffer.observations = try tensor("observations")
    let (actions, values) = (try tensor("actions").elements, try tensor("old-values").elements)
    for (row, logProbability) in try tensor("old-log-probabilities").elements.enumerated() {
      agent.learner.buffer.entries[row].action = Int(actions[row])
      agent.learner.buffer.entries[row].logProbability = logProbability
      agent.learner.buffer.entries[row].value = values[row]
    }
    let terms = try agent.learn(
      from: Array(0..<24), advantages: try tensor("advantages").elements,
      returns: try tensor("returns").elements, progress: 0)
    let variant = clipsValue ? "clipped" : "plain"
    for (found, expected) in zip(terms, try tensor("\(variant).terms").elements) {
      #expect(abs(found - expected) < 1e-4, "\(terms)")
    }
    for (name, parameter) in zip(names, agent.learner.model.parameters) {
      for (found, expected) in zip(parameter.elements, try tensor("\(variant).\(name)").elements) {
        #expect(abs(found - expected) < 1e-4, "\(name)")
      }
    }
  }

  /// What is learned from sequences is what was lived through: with the weights unchanged, the same log-probabilities.
  @Test func sequencesGiveWhatWasCollected() throws {
    var random = RandomStream(seed: 3)
    var model = try ActorCritic(
      .init(.mlp, hidden: [8], lstm: 6), isShared: true, input: [1, 1, 3], actions: 2, using: &random)
    // Away from the undecided start, where all actions are alike.
    model.parameters = model.parameters.map { $0 + random.tensor($0.shape) }
    var rollouts = parts([4], of: EnvironmentVector(DelayedRecall(), count: 4))
    var buffer = RolloutBuffer(horizon: 7, lanes: 4, input: [1, 1, 3])
    for _ in 0..<2 {
      _ = try buffer.fill(from: &rollouts, by: model, attacker: nil)
      let lanes = [2, 0]
      let rows = (0..<7).flatMap { step in lanes.map { step * 4 + $0 } }
      let (logits, values) = model(
        buffer.observations.rows(at: rows), from: buffer.memory.rows(at: lanes),
        continues: Tensor(rows.map { buffer.entries[$0].continues }))
      let surprise = logits.crossEntropy(with: rows.map { buffer.entries[$0].action })
      for (index, row) in rows.enumerated() {
        #expect(abs(-surprise.elements[index] - buffer.entries[row].logProbability) < 1e-5)
        #expect(abs(values.elements[index] - buffer.entries[row].value) < 1e-5)
      }
    }
  }

  /// A target of nothing stops after the first epoch: the divergence of what was moved is above it.
  @Test func theTargetDivergenceEndsTheEpochs() throws {
    func policy(_ target: Float?, epochs: Int) throws -> NetworkPolicy {
      var configuration = PPO.Configuration()
      configuration.lanes = 4
      configuration.horizon = 8
      configuration.minibatches = 2
      configuration.epochs = epochs
      configuration.network = .init(.mlp, hidden: [8])
      configuration.targetDivergence = target
      var agent = try PPO(
        configuration,
        environments: EnvironmentVector(Identity(), limit: 10, count: 4), seed: 1)
      _ = try agent.advance(progress: 0, hardening: nil)
      return agent.policy
    }
    #expect(try policy(0, epochs: 4) == policy(nil, epochs: 1))
    #expect(try policy(1e9, epochs: 4) == policy(nil, epochs: 4))
  }

  @Test func contradictionsAreNamed() throws {
    func refusal(_ change: (inout PPO.Configuration) -> Void) -> String {
      var configuration = PPO.Configuration()
      configuration.lanes = 4
      change(&configuration)
      do {
        _ = try PPO(
          configuration, environments: EnvironmentVector(Identity(), count: 4), seed: 1)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(refusal { _ in } == "accepted")
    #expect(refusal { $0.minibatches = 1000 }.contains("1000 minibatches"))
    #expect(refusal { $0.network.lstm = 4 }.contains("4 lanes"))
    #expect(refusal { ($0.network.lstm, $0.minibatches, $0.isShared) = (4, 2, false) }.contains("shared"))
  }
}

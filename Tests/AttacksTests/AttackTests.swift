import Attacks
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors
import Testing

/// A policy that shows its actions only.
private struct ClosedPolicy: Policy {
  func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
    Array(repeating: 0, count: observations.shape[0])
  }
}

private func uniform(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = RandomStream(seed: seed)
  return Tensor((0..<shape.count).map { _ in Float(random.uniform()) }, shape: shape)
}

private func streams(_ count: Int) -> [RandomStream] {
  (0..<count).map { RandomStream(seed: UInt64($0), stream: .attack) }
}

private func network(_ layers: [Layer], input: [Int]) throws -> NetworkPolicy {
  var random = RandomStream(seed: 5)
  return NetworkPolicy(
    try Network(.init(input: input, layers: layers), initializer: .orthogonal, using: &random))
}

@Suite struct AttackTests {
  private let observations = uniform([6, 5, 5, 4], seed: 3)

  private func victim() throws -> NetworkPolicy {
    try network(
      [
        .convolution(filters: 6, kernel: 3, activation: .tanh), .flatten,
        .dense(outputs: 3, activation: .identity),
      ], input: [5, 5, 4])
  }

  /// For z = W·x the loss is steepest along w_other − w_label, and with two actions nowhere else.
  @Test func fgsmReachesTheOptimumOfALinearPolicy() throws {
    let policy = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [3, 3, 1])
    let observations = uniform([8, 3, 3, 1], seed: 4) * 0.5 + 0.25
    let threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
    var random = streams(8)
    let delivery = try Attacker("fgsm", against: policy, within: threat)
      .deliver(observations, frameChannels: 1, using: &random)
    let weight = policy.network.parameters[0].elements
    for row in 0..<8 {
      let label = delivery.cleanActions[row]
      for index in 0..<9 {
        let slope = weight[index * 2 + 1 - label] - weight[index * 2 + label]
        let expected = observations.elements[row * 9 + index] + (slope > 0 ? 0.1 : -0.1)
        #expect(abs(delivery.observations.elements[row * 9 + index] - expected) < 1e-6)
      }
    }
  }

  @Test(arguments: ["mlp-tanh", "mlp-relu", "conv-small"])
  func fgsmAgreesWithPyTorch(_ name: String) throws {
    let reference = try ReferenceNetwork(name)
    let delivery = try reference.attack(epsilon: Epsilon(8, over: 255))
    let expected = try #require(reference.file["fgsm"]).elements
    let different = zip(delivery.elements, expected).filter { abs($0 - $1) > 1e-4 }.count
    #expect(different == 0)
  }

  @Test(arguments: AttackCatalog.names)
  func deliversWithinTheThreatModel(_ name: String) throws {
    for frames in ThreatModel.Frames.allCases {
      for isQuantized in [false, true] {
        let threat = ThreatModel(epsilon: Epsilon(16, over: 255), frames: frames, isQuantized: isQuantized)
        var random = streams(6)
        let delivery = try Attacker(name, against: victim(), within: threat)
          .deliver(observations, frameChannels: 2, using: &random)
        #expect(threat.violation(of: delivery.observations, around: observations, frameChannels: 2) == nil)
        #expect(delivery.sizes.allSatisfy { $0 > 0 && $0 <= threat.budget + 1e-6 })
      }
    }
  }

  @Test(arguments: AttackCatalog.names)
  func epsilonZeroDeliversTheSameBits(_ name: String) throws {
    var random = streams(6)
    let delivery = try Attacker(
      name, against: victim(), within: ThreatModel(epsilon: Epsilon(0), frames: .all)
    )
    .deliver(observations, frameChannels: 4, using: &random)
    #expect(delivery.observations.elements.map(\.bitPattern) == observations.elements.map(\.bitPattern))
    #expect(delivery.sizes.allSatisfy { $0 == 0 })
  }

  @Test(arguments: AttackCatalog.names)
  func doesNotDependOnTheRestOfTheBatch(_ name: String) throws {
    let attacker = try Attacker(
      name, against: victim(), within: ThreatModel(epsilon: Epsilon(16, over: 255), frames: .all))
    var all = streams(6)
    var one = [streams(6)[4]]
    let together = try attacker.deliver(observations, frameChannels: 4, using: &all).observations
    let alone = try attacker.deliver(observations.rows(at: [4]), frameChannels: 4, using: &one).observations
    for (left, right) in zip(together.rows(at: [4]).elements, alone.elements) {
      #expect(abs(left - right) < 1e-6)
    }
  }

  @Test func fgsmRaisesTheLossMoreThanNoise() throws {
    let policy = try victim()
    let threat = ThreatModel(epsilon: Epsilon(16, over: 255), frames: .all)
    func loss(_ name: String) throws -> Float {
      var random = streams(6)
      let delivery = try Attacker(name, against: policy, within: threat)
        .deliver(observations, frameChannels: 4, using: &random)
      return ActionChange(from: delivery.cleanActions).loss(of: policy.scores(for: delivery.observations))
        .mean().scalar
    }
    #expect(try loss("fgsm") > loss("noise") * 1.2)
  }

  @Test func gradientAttacksAreRefusedOnClosedPolicies() throws {
    let threat = ThreatModel(epsilon: Epsilon(0.1))
    let error = #expect(throws: AttackError.self) {
      try Attacker("fgsm", against: ClosedPolicy(), within: threat)
    }
    #expect(error?.description.contains("gradients") == true)
    #expect(error?.description.contains("noise") == true)
    _ = try Attacker("noise", against: ClosedPolicy(), within: threat)
  }

  @Test func unknownAttackNamesTheNearest() {
    #expect(AttackError.unknown("fgms").description.contains("fgsm"))
  }

  /// An attack that ignores its budget, to see that nothing of it gets through.
  @Test func theAttackerHoldsEveryAttackToItsThreatModel() throws {
    struct Vandal: Attack {
      func perturb(
        _ clean: CleanPass, meeting criterion: any Criterion, within threat: ThreatModel,
        using random: inout [RandomStream]
      ) -> Tensor { clean.observations.stoppingGradient() * -5 + 3 }
    }
    let threat = ThreatModel(epsilon: Epsilon(4, over: 255))
    var random = streams(6)
    let delivery = try Attacker(Vandal(), against: victim(), within: threat)
      .deliver(observations, frameChannels: 1, using: &random)
    #expect(threat.violation(of: delivery.observations, around: observations, frameChannels: 1) == nil)
    #expect(delivery.sizes.allSatisfy { $0 <= threat.budget + 1e-6 })
  }
}

/// A network whose weights and observations are drawn as Scripts/reference_fixtures.py draws them.
private struct ReferenceNetwork {
  let file: Safetensors
  let policy: NetworkPolicy
  let observations: Tensor

  init(_ name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    file = try Safetensors(
      contentsOf: tests.appendingPathComponent("NetworksTests/Fixtures/\(name).safetensors"))
    let activation: Activation = name == "mlp-tanh" ? .tanh : .relu
    let architecture: Network.Architecture =
      name == "conv-small"
      ? try .init(
        input: [10, 10, 4],
        layers: [
          .convolution(filters: 16, kernel: 3, activation: .relu), .flatten,
          .dense(outputs: 128, activation: .relu), .dense(outputs: 6, activation: .identity),
        ])
      : try .init(
        input: [147],
        layers: [
          .dense(outputs: 64, activation: activation), .dense(outputs: 64, activation: activation),
          .dense(outputs: 7, activation: .identity),
        ])
    var random = RandomStream(seed: UInt64(file.metadata["seed"] ?? "") ?? 0)
    let parameters = try architecture.parameters().map { name, shape in
      let fanIn = Double(shape.count / shape[-1])
      let scale = name.hasSuffix("weight") ? 1 / fanIn.squareRoot() : 0.1
      return Tensor((0..<shape.count).map { _ in Float((2 * random.uniform() - 1) * scale) }, shape: shape)
    }
    policy = NetworkPolicy(try Network(architecture, parameters: parameters))
    let entry = try #require(file["observations"])
    observations = Tensor(entry.elements, shape: Shape(entry.shape))
  }

  /// FGSM on all of the observation.
  func attack(epsilon: Epsilon) throws -> Tensor {
    let clean = CleanPass(of: observations, through: policy)
    var random = streams(observations.shape[0])
    let threat = ThreatModel(epsilon: epsilon, frames: .all)
    let proposed = FGSM().perturb(
      clean, meeting: ActionChange(from: clean.actions), within: threat, using: &random)
    return threat.project(proposed, around: observations, frameChannels: observations.shape[-1])
  }
}

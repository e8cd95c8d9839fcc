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

func uniform(_ shape: Shape, seed: UInt64) -> Tensor {
  var random = RandomStream(seed: seed)
  return Tensor((0..<shape.count).map { _ in Float(random.uniform()) }, shape: shape)
}

func streams(_ count: Int) -> [RandomStream] {
  (0..<count).map { RandomStream(seed: UInt64($0), stream: .attack) }
}

func network(_ layers: [Layer], input: [Int]) throws -> NetworkPolicy {
  var random = RandomStream(seed: 5)
  return NetworkPolicy(
    try Network(.init(input: input, layers: layers), initializer: .orthogonal, using: &random))
}

/// Scores that are linear in the channels of one pixel: a row of weights a channel, a column an action.
func linear(_ weights: [[Float]], bias: [Float]) throws -> NetworkPolicy {
  NetworkPolicy(
    try Network(
      .init(
        input: [1, 1, weights.count],
        layers: [.flatten, .dense(outputs: bias.count, activation: .identity)]),
      parameters: [Tensor(weights.flatMap(\.self), shape: [weights.count, bias.count]), Tensor(bias)]))
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

  /// Around these observations the slope speaks of entries that do not matter: PGD flips none. At the boundary it speaks of those
  /// that do, all of them with room for more than is needed.
  @Test(arguments: ThreatModel.Norm.allCases)
  func stepsFromTheBoundaryCrossAPlateau(_ norm: ThreatModel.Norm) throws {
    let observations = uniform([6, 4, 4, 1], seed: 8) * 0.5
    let sums = observations.flattened().slice(0..<8, alongAxis: 1).sum(alongAxis: 1).elements
    // At most 1.6 are missing to the threshold, and eight entries may move by 0.4 each.
    let policy = Plateau(threshold: sums.min()! + 1.6, reach: 0.05)
    let open = sums.filter { $0 < sums.min()! + 1.5 }.count
    let epsilon: Epsilon = norm == .max ? Epsilon(0.4) : norm == .l2 ? Epsilon(1.1) : Epsilon(3.2)
    func flips(_ attack: String) throws -> Int {
      var random = streams(6)
      let attacker = try Attacker(attack, against: policy, within: ThreatModel(norm: norm, epsilon: epsilon))
      let delivery = try attacker.deliver(observations, frameChannels: 1, using: &random)
      var memory = Memory()
      let after = policy.act(on: delivery.observations, memory: &memory, using: &random)
      return zip(after, delivery.cleanActions).count { $0 != $1 }
    }
    #expect(open >= 3)
    #expect(try flips("boundary") == 6)
    // The start of another norm may lie at the boundary by itself.
    if norm == .max { #expect(try flips("pgd:restarts=3:loss=margin") <= 6 - open) }
  }

  /// Three actions, linear in one pixel of two entries: the second is near and falls as the first entry rises, the third is farther
  /// and grows with it. Within ε the second gains 0.1·ε at most, which is too little, and the third ε: it leads from 0.2 on. Both
  /// usual losses climb toward the second, because on this scale the softmax sees no other.
  @Test(arguments: [(0.19, 0), (0.21, 6)])
  func theActionThatCanBeReachedIsAimedAt(_ epsilon: Double, _ flips: Int) throws {
    let policy = try linear([[0, -10, 100], [0, 0, 0]], bias: [0, 0, -70])
    // At 0.5 the scores are 0, −5, and −20.
    let observations = Tensor(repeating: 0.5, shape: [6, 1, 1, 2])
    let threat = ThreatModel(epsilon: Epsilon(epsilon), frames: .all)
    func flipped(_ attack: String) throws -> Int {
      var random = streams(6)
      let delivery = try Attacker(attack, against: policy, within: threat)
        .deliver(observations, frameChannels: 2, using: &random)
      return zip(policy.scores(for: delivery.observations).argmax(), delivery.cleanActions).count { $0 != $1 }
    }
    #expect(try flipped("multitargeted") == flips)
    #expect(try flipped("pgd:random-start=no") == 0)
    #expect(try flipped("pgd:random-start=no:loss=margin") == 0)
  }

  @Test(arguments: ["mlp-tanh", "mlp-relu", "conv-small"])
  func fgsmAgreesWithPyTorch(_ name: String) throws {
    let reference = try ReferenceNetwork(name)
    let delivery = try reference.attack(epsilon: Epsilon(8, over: 255))
    let expected = try #require(reference.file["fgsm"]).elements
    let different = zip(delivery.elements, expected).filter { abs($0 - $1) > 1e-4 }.count
    #expect(different == 0)
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

  /// The control has the size that it is compared at, although half of the directions lead out of the range.
  @Test(arguments: [ThreatModel.Norm.l2, .l1], ["uniform", "gaussian", "sign"])
  func noiseHasItsSizeOnFramesOfZerosAndOnes(_ norm: ThreatModel.Norm, _ distribution: String) throws {
    let frames = Tensor((0..<128).map { $0 % 3 == 0 ? 1 : 0 }, shape: [2, 8, 8, 1])
    let threat = ThreatModel(norm: norm, epsilon: Epsilon(0.5))
    var random = streams(2)
    let delivery = try Attacker("noise:distribution=\(distribution)", against: ClosedPolicy(), within: threat)
      .deliver(frames, frameChannels: 1, using: &random)
    #expect(delivery.sizes.allSatisfy { abs($0 - 0.5) < 1e-4 }, "\(delivery.sizes)")
  }

  /// Half of the budget is the deviation of Gaussian noise: of a normal variable 4.55% lie beyond two of them, and are cut off there.
  @Test func gaussianNoiseSeldomReachesItsSize() throws {
    let threat = ThreatModel(epsilon: Epsilon(0.25))
    var random = streams(1)
    let found = try Attacker("noise:distribution=gaussian", against: ClosedPolicy(), within: threat)
      .deliver(Tensor(repeating: 0.5, shape: [1, 100, 200, 1]), frameChannels: 1, using: &random).observations
    let share = Double(found.elements.count { abs(abs($0 - 0.5) - 0.25) < 1e-6 }) / 20_000
    #expect(abs(share - 0.0455) < 5 * (0.0455 * 0.9545 / 20_000).squareRoot())
  }

  /// What is delivered is the best of all that was asked, not where the search has ended.
  @Test(arguments: ["apgd:early-stop=no", "apgd:early-stop=no:restarts=3", "square:early-stop=no:queries=60"])
  func theBestOfWhatWasAskedIsDelivered(_ attack: String) throws {
    for row in 0..<6 {
      let policy = WatchedPolicy(try wavyPolicy())
      let observation = uniform([6, 3, 3, 2], seed: 3).rows(at: [row])
      var random = streams(1)
      let delivery = try Attacker(
        attack.hasPrefix("apgd") ? attack + ":loss=margin" : attack, against: policy,
        within: ThreatModel(epsilon: Epsilon(0.4), frames: .all)
      ).deliver(observation, frameChannels: 2, using: &random)
      func margin(_ observation: Tensor) -> Float {
        policy.base.scores(for: observation).margin(over: delivery.cleanActions).scalar
      }
      let best = try #require(policy.asked.map(margin).max())
      #expect(margin(delivery.observations) >= best - 1e-4)
    }
  }

  /// Without momentum each step is BIM's, whose direction's length the sign forgets.
  @Test func withoutMomentumMIFGSMIsBIM() throws {
    func delivered(_ attack: String) throws -> Tensor {
      var random = streams(6)
      return try Attacker(
        attack, against: tanhPolicy(), within: ThreatModel(epsilon: Epsilon(0.2), frames: .all)
      )
      .deliver(uniform([6, 3, 3, 2], seed: 3), frameChannels: 2, using: &random).observations
    }
    #expect(try delivered("mifgsm:momentum=0") == delivered("bim"))
    #expect(try delivered("mifgsm") != delivered("bim"))
  }

  /// What starts at random starts elsewhere with other streams; what does not draws nothing.
  @Test(arguments: [
    ("pgd", true), ("pgd:random-start=no", false), ("adam", true), ("bim", false),
  ])
  func startsAreDrawn(_ attack: String, _ isRandom: Bool) throws {
    let found = try [1, 2].map { seed in
      var random = (0..<6).map { RandomStream(seed: UInt64(seed), stream: .attack, index: $0) }
      return try Attacker(
        attack + ":steps=1", against: tanhPolicy(),
        within: ThreatModel(epsilon: Epsilon(0.2), frames: .all)
      ).deliver(uniform([6, 3, 3, 2], seed: 3), frameChannels: 2, using: &random).observations
    }
    #expect((found[0] != found[1]) == isRandom)
  }

  /// What searches on after a flip delivers one in the end: wherever the search that stops there flips.
  private func expectNoFlipLost(
    _ attack: String, on policy: NetworkPolicy, _ frames: Tensor, epsilon: Double
  ) throws {
    func flips(_ attack: String) throws -> [Bool] {
      var random = streams(frames.shape[0])
      let threat = ThreatModel(epsilon: Epsilon(epsilon), frames: .all)
      let delivery = try Attacker(attack, against: policy, within: threat)
        .deliver(frames, frameChannels: frames.shape[3], using: &random)
      return zip(policy.scores(for: delivery.observations).argmax(), delivery.cleanActions).map(!=)
    }
    let (first, last) = (try flips(attack), try flips(attack + ":early-stop=no"))
    #expect(zip(first, last).allSatisfy { !$0 || $1 })
    #expect(first.contains(true))
  }

  /// Scores 0, x − 0.51 and −0.05 − 33·max(x − 0.45, 0): the cross-entropy of the first action is largest at 0.45, where it
  /// still wins, and the second wins from 0.51 on.
  /// Up a margin of −10 − |x − 0.57| from 0.5: its first steps jump over the summit and back, each by the size of the ball, until they
  /// are halved. Whenever it ends, the best point of all is delivered.
  @Test(arguments: [5, 10, 20, 100])
  func autoPGDComesToASummitWithin(_ steps: Int) throws {
    var base = try network(
      [.flatten, .dense(outputs: 2, activation: .relu), .dense(outputs: 2, activation: .identity)],
      input: [1, 1, 1])
    base.network.parameters = [
      Tensor([1, -1], shape: [1, 2]), Tensor([-0.57, 0.57]), Tensor([0, -1, 0, -1], shape: [2, 2]),
      Tensor([10, 0]),
    ]
    let policy = WatchedPolicy(base)
    var random = streams(1)
    let found = try Attacker(
      "apgd:loss=margin:steps=\(steps)", against: policy, within: ThreatModel(epsilon: Epsilon(0.2))
    ).deliver(Tensor([0.5], shape: [1, 1, 1, 1]), frameChannels: 1, using: &random).observations.scalar
    let best = policy.asked.flatMap(\.elements).map { abs($0 - 0.57) }.min()
    #expect(abs(abs(found - 0.57) - (try #require(best))) < 1e-6)
    if steps == 100 { #expect(abs(found - 0.57) < 1e-3, "\(found)") }
  }

  @Test func searchingOnLosesNoFlipOfAutoPGD() throws {
    let policy = NetworkPolicy(
      try Network(
        .init(
          input: [1, 1, 1],
          layers: [
            .flatten, .dense(outputs: 2, activation: .relu), .dense(outputs: 3, activation: .identity),
          ]),
        parameters: [
          Tensor([1, 1], shape: [1, 2]), Tensor([0, -0.45]), Tensor([0, 1, 0, 0, 0, -33], shape: [2, 3]),
          Tensor([0, -0.51, -0.05]),
        ]))
    try expectNoFlipLost(
      "apgd:steps=20", on: policy, Tensor(repeating: 0.5, shape: [100, 1, 1, 1]), epsilon: 0.1)
  }

  @Test func searchingOnLosesNoFlipOfHopSkipJump() throws {
    let policy = try network(
      [.flatten, .dense(outputs: 24, activation: .tanh), .dense(outputs: 6, activation: .identity)],
      input: [5, 5, 4])
    try expectNoFlipLost(
      "hopskipjump:iterations=12:samples=4", on: policy, uniform([300, 5, 5, 4], seed: 9), epsilon: 0.06)
  }

  /// A start that has changed the action is not the end of the search for the farthest distribution.
  @Test func everyStartOfMADCounts() throws {
    let frames = uniform([100, 5, 5, 4], seed: 9)
    let policy = try victim()
    let clean = policy.scores(for: frames)
    func distances(_ attack: String) throws -> (divergences: [Float], flips: [Bool]) {
      var random = streams(100)
      let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)
      let scores = policy.scores(
        for: try Attacker(attack, against: policy, within: threat)
          .deliver(frames, frameChannels: 4, using: &random).observations)
      return (clean.klDivergence(to: scores).elements, zip(scores.argmax(), clean.argmax()).map(!=))
    }
    let (one, many) = (try distances("mad:steps=5"), try distances("mad:steps=5:restarts=4"))
    #expect(zip(one.divergences, many.divergences).allSatisfy { $0 <= $1 })
    #expect(one.flips.indices.contains { one.flips[$0] && many.divergences[$0] > one.divergences[$0] * 1.01 })
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
    let error = #expect(throws: AttackError.self) { try AttackChoice("fgms") }
    #expect(error?.description.contains("fgsm") == true)
  }

  /// Attacks that ignore what they may do, to see that nothing of it gets through: too much, no numbers, beyond the range,
  /// everywhere.
  @Test(
    arguments: [
      { $0 * -5 + 3 }, { $0 * .nan }, { $0 + .infinity }, { $0 - .infinity }, { $0 * 1e30 },
      { $0 * 0 - 1e-3 }, { ($0 * 0 + 1.001) },
    ] as [@Sendable (Tensor) -> Tensor], ThreatModel.Norm.allCases)
  func theAttackerHoldsEveryAttackToItsThreatModel(
    _ vandalism: @escaping @Sendable (Tensor) -> Tensor, _ norm: ThreatModel.Norm
  ) throws {
    for (region, isQuantized) in [
      (Region.all, false), (.rectangle(top: 1, left: 1, height: 2, width: 2), true),
    ] {
      let threat = ThreatModel(
        norm: norm, epsilon: Epsilon(12, over: 255), region: region, share: 0.5, isQuantized: isQuantized)
      let (attacker, clean) = (
        try Attacker(Vandal(change: vandalism), against: victim(), within: threat), observations
      )
      let space = try Neighborhood(of: clean, under: threat, frameChannels: 1)
      var (random, turns) = (streams(6), Array(repeating: Turn(), count: 6))
      for frame in 1...5 {
        let delivery = try attacker.deliver(clean, frameChannels: 1, turns: &turns, using: &random)
        #expect(space.violation(of: delivery.observations) == nil)
        #expect(turns.allSatisfy { $0.attacked <= (frame + 1) / 2 })
        let rest = delivery.isAttacked.indices.filter { !delivery.isAttacked[$0] }
        #expect(delivery.observations.rows(at: rest) == clean.rows(at: rest))
      }
    }
  }

  @Test func anotherShapeEndsTheRun() throws {
    let threat = ThreatModel(epsilon: Epsilon(4, over: 255))
    var random = streams(6)
    let error = #expect(throws: AttackError.self) {
      try Attacker(Vandal { $0.rows(at: [0]) }, against: victim(), within: threat)
        .deliver(observations, frameChannels: 1, using: &random)
    }
    #expect(error?.description.contains("the shape changed") == true)
  }

  private struct Vandal: Attack {
    let change: @Sendable (Tensor) -> Tensor

    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor { change(clean.observations) }
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
    let parameters = architecture.parameters.map { name, shape in
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
    var random = streams(observations.shape[0])
    let images =
      observations.shape.rank == 4
      ? observations : observations.reshaped(to: [observations.shape[0], 7, 7, 3])
    return try Attacker("fgsm", against: policy, within: ThreatModel(epsilon: epsilon, frames: .all))
      .deliver(images, frameChannels: images.shape[-1], using: &random).observations
  }
}

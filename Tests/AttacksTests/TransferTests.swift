import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// Attacks that search on another policy than the one they are for.
@Suite struct TransferTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  /// The second policy prefers the action that the victim does not take: away from the victim's own action the entry grows.
  @Test(arguments: ["pgd", "multitargeted"])
  func aTransferLeavesTheVictimsAction(_ attack: String) throws {
    let victim = try linear([[0, 10]], bias: [0, -6])
    let surrogate = try linear([[0, 10]], bias: [0, -4])
    var random = streams(3)
    let delivery = try Attacker(AttackPlan(attack), against: victim, within: threat, searchingOn: surrogate)
      .deliver(Tensor(repeating: 0.5, shape: [3, 1, 1, 1]), frameChannels: 1, using: &random)
    #expect(delivery.cleanActions == [0, 0, 0])
    #expect(victim.scores(for: delivery.observations).argmax() == [1, 1, 1])
  }

  @Test func transferredAttacksKnowTheirVictimsActionAlone() throws {
    let victim = try ActionsOnlyPolicy(base: tanhPolicy())
    var random = streams(6)
    let delivery = try Attacker(
      AttackPlan("pgd"), against: victim, within: threat, searchingOn: try tanhPolicy()
    ).deliver(observations, frameChannels: 2, using: &random)
    #expect(delivery.passes.allSatisfy { $0 == Passes(forward: 1) })
    var own = streams(6)
    let direct = try Attacker("pgd", against: tanhPolicy(), within: threat)
      .deliver(observations, frameChannels: 2, using: &own)
    #expect(delivery.observations == direct.observations)
  }

  /// A transfer attack has to know its victim's actions, and the goal is pursued on the surrogate.
  @Test func transferredAttacksAreHeldToWhatIsGranted() throws {
    var threat = threat
    threat.knowledge = .actions
    let error = #expect(throws: AttackError.self) {
      try Attacker("pgd", against: tanhPolicy(), within: threat)
    }
    #expect(error?.description.contains("--surrogate") == true)
    _ = try Attacker(AttackPlan("pgd"), against: tanhPolicy(), within: threat, searchingOn: tanhPolicy())
    let valued = AttackPlan(try AttackChoice("pgd"), goal: .lowerValue)
    #expect(throws: AttackError.self) {
      try Attacker(
        valued, against: ActionValuePolicy(tanhPolicy()), within: threat, searchingOn: tanhPolicy())
    }
    var random = streams(6)
    _ = try Attacker(
      valued, against: tanhPolicy(), within: threat, searchingOn: ActionValuePolicy(tanhPolicy())
    )
    .deliver(observations, frameChannels: 2, using: &random)
    threat.knowledge = .nothing
    #expect(throws: AttackError.self) {
      try Attacker(AttackPlan("pgd"), against: tanhPolicy(), within: threat, searchingOn: tanhPolicy())
    }
  }

  /// A gradient is as much that of one draw where it is taken on a noisy surrogate.
  @Test func noisySurrogatesNeedAnExpectation() throws {
    let (victim, surrogate) = (try tanhPolicy(), NoisyPolicy(base: try tanhPolicy()))
    let threat = ThreatModel(norm: .l2, epsilon: Epsilon(1), frames: .all)
    var random = streams(6)
    func deliver(_ attack: String, _ expectation: Int?) throws -> Attacker.Delivery {
      try Attacker(
        AttackPlan(AttackChoice(attack), expectation: expectation), against: victim, within: threat,
        searchingOn: surrogate
      ).deliver(observations, frameChannels: 2, using: &random)
    }
    let error = #expect(throws: AttackError.self) { try deliver("fgsm", nil) }
    #expect(error?.description.contains("--expectation") == true)
    // Averaged over many draws, the gradient is that of the surrogate without noise, nearly: under the L2 norm its direction tells.
    let quiet = try Attacker(
      AttackPlan("fgsm"), against: victim, within: threat, searchingOn: surrogate.base
    ).deliver(observations, frameChannels: 2, using: &random).observations
    func distance(_ expectation: Int) throws -> Float {
      try (deliver("fgsm", expectation).observations - quiet).squared().sum().scalar.squareRoot()
    }
    #expect(try distance(400) < distance(1) / 4)
    _ = try deliver("square:queries=5", nil)
  }
}

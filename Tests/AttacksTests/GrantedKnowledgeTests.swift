import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// What attacks get to know of their victim, and what they make of it: no more than is granted.
@Suite struct GrantedKnowledgeTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  private func policy() throws -> NetworkPolicy {
    try network(
      [.flatten, .dense(outputs: 8, activation: .tanh), .dense(outputs: 3, activation: .identity)],
      input: [3, 3, 2])
  }

  /// Of several attacks the strongest is told by what is granted: by actions where scores are not, and not without anything.
  @Test func theStrongestIsToldByWhatIsGranted() throws {
    var threat = threat
    threat.knowledge = .actions
    let base = try policy()
    let (open, closed) = try (
      Attacker("noise+noise+noise", against: OpaquePolicy(base: base), within: threat),
      Attacker("noise+noise+noise", against: ActionsOnlyPolicy(base: base), within: threat)
    )
    var (one, other) = (streams(6), streams(6))
    let asked = try open.deliver(observations, frameChannels: 2, using: &one)
    #expect(
      asked.observations == (try closed.deliver(observations, frameChannels: 2, using: &other)).observations)
    threat.knowledge = .nothing
    #expect(throws: AttackError.self) { try Attacker("noise+noise", against: base, within: threat) }
  }

  /// Flipped actions are no observation: they are neither one of several nor found on another policy.
  @Test func flipsStandAlone() throws {
    let base = try policy()
    #expect(throws: AttackError.self) { try Attacker("noise+flip", against: base, within: threat) }
    #expect(throws: AttackError.self) {
      try Attacker(AttackPlan("flip"), against: base, within: threat, searchingOn: base)
    }
  }

  /// A wish that nothing fulfills does not keep the others from being fulfilled.
  @Test func goalsAreMetWhereTheyCanBe() throws {
    let scores = Tensor([0, 1, 1, 0], shape: [2, 2])
    let response = Response(scores: scores, values: Tensor([3, 3]))
    let both = AllOf([ActionReached([1, 1]), LowValue()])
    #expect(both.isMet(by: response) == [true, false])
    #expect(both.isMet(by: [1, 0]) == [true, false])
    #expect(AllOf([LowValue()]).isMet(by: response) == [false, false])
    #expect(AllOf([LowValue()]).isMet(by: [1, 0]) == nil)
    let valued = AttackPlan(try AttackChoice("hopskipjump"), goal: .all([.flip, .lowerValue]))
    #expect(throws: AttackError.self) {
      try Attacker(valued, against: ActionValuePolicy(policy()), within: threat)
    }
  }

  /// A policy that draws between two actions.
  private struct Drawing: Policy {
    func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
      random.indices.map { random[$0].chance(0.5) ? 1 : 0 }
    }
  }

  /// Says by a small change which action it was shown.
  private struct Telltale: Attack {
    let needs = Knowledge.actions
    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor {
      clean.observations + Tensor(clean.actions.map { $0 == 1 ? -0.1 : 0.1 }, shape: [clean.count, 1, 1, 1])
    }
  }

  /// Nor is an attack that is in no catalog given more than the threat model grants.
  @Test func anAttackOfOnesOwnIsGrantedNoMore() throws {
    #expect(Telltale().needs == .actions)
    let blind = ThreatModel(epsilon: Epsilon(0.1), knowledge: .nothing)
    let error = #expect(throws: AttackError.self) {
      try Attacker(Telltale(), against: Drawing(), within: blind)
    }
    #expect(error?.description == "the attack needs to know actions, and the threat model grants nothing")
  }

  /// What a policy will draw is its own secret: an attack is shown an action that is as probable, and right half of the time.
  @Test func theVictimsDrawsAreItsOwn() throws {
    let observations = Tensor(repeating: 0.5, shape: [400, 1, 1, 1])
    let attacker = try Attacker(Telltale(), against: Drawing(), within: threat)
    var random = streams(400)
    let delivery = try attacker.deliver(
      observations, frameChannels: 1, using: &random,
      victimRandom: (0..<400).map { RandomStream(seed: 3, stream: .policy, index: $0) })
    let shown = delivery.observations.elements.map { $0 < 0.5 ? 1 : 0 }
    // Five deviations on either side.
    #expect((150...250).contains(zip(shown, delivery.cleanActions).count { $0 == $1 }))
  }

  /// An attack that asks for actions takes a draw for an answer: it has to ask for the most frequent of several.
  @Test func drawnActionsNeedAnExpectation() throws {
    let drawn = (0..<6).map { RandomStream(seed: 3, stream: .policy, index: $0) }
    func deliver(_ expectation: Int?) throws {
      let plan = AttackPlan(try AttackChoice("hopskipjump:iterations=1"), expectation: expectation)
      var random = streams(6)
      _ = try Attacker(plan, against: Drawing(), within: threat).deliver(
        observations, frameChannels: 2, using: &random, victimRandom: drawn)
    }
    let error = #expect(throws: AttackError.self) { try deliver(nil) }
    #expect(error?.description.contains("--expectation") == true)
    try deliver(3)
  }
}

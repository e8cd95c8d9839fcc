import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// Attacks on policies that draw at random.
@Suite struct ExpectationTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  @Test func noisyPoliciesNeedAnExpectation() throws {
    let policy = try NoisyPolicy(base: tanhPolicy())
    var random = streams(6)
    func deliver(_ plan: AttackPlan) throws -> Attacker.Delivery {
      try Attacker(plan, against: policy, within: threat).deliver(
        observations, frameChannels: 2, using: &random,
        victimRandom: (0..<6).map { RandomStream(seed: UInt64($0), stream: .policy) })
    }
    let error = #expect(throws: AttackError.self) { try deliver(AttackPlan("fgsm")) }
    #expect(error?.description.contains("--expectation") == true)
    _ = try deliver(AttackPlan("square:queries=5"))
    // Averaged over many draws, the gradient is that of the policy without noise, nearly.
    let averaged = try deliver(AttackPlan(try AttackChoice("fgsm"), expectation: 400))
    var plain = streams(6)
    let quiet = try Attacker("fgsm", against: policy.base, within: threat)
      .deliver(observations, frameChannels: 2, using: &plain)
    let same = zip(averaged.observations.elements, quiet.observations.elements).count { abs($0 - $1) < 1e-6 }
    #expect(same > 100, "\(same) of 108")
    // The clean scores, too, are a mean over draws of its own: the victim's are not the attack's to know.
    #expect(averaged.passes[0] == Passes(forward: 800, backward: 400))
  }

  /// What the clean pass shows of a policy that draws is a mean over as many draws as every later answer.
  @Test func theCleanScoresAreAMeanOfDraws() throws {
    let (quiet, noisy) = (try tanhPolicy(), NoisyPolicy(base: try tanhPolicy()))
    let expected = quiet.scores(for: observations).elements
    func distance(_ expectation: Int) throws -> Float {
      let clean = CleanPass(of: observations, through: noisy, using: streams(6), expectation: expectation)
      #expect(clean.passes.allSatisfy { $0 == Passes(forward: expectation) })
      return try zip(#require(clean.scores).elements, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    // A thirtieth of a draw's distance, as a rule.
    #expect(try distance(900) < distance(1) / 5)
  }

  /// What acts by chance is asked several times, and its most frequent action taken.
  @Test func theExpectationOfActionsIsTheirMajority() throws {
    struct Wavering: Policy {
      func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
        (0..<observations.shape[0]).map { random[$0].chance(0.7) ? 2 : $0 % 2 }
      }
    }
    let clean = CleanPass(
      of: observations, through: Wavering(), using: streams(6), knowledge: .actions, expectation: 101)
    var random = streams(6)
    // Wrong for one of a hundred thousand streams.
    #expect(clean.actions(of: Wavering(), at: observations, using: &random) == Array(repeating: 2, count: 6))
    #expect(clean.actions == Array(repeating: 2, count: 6))
    #expect(clean.passes.allSatisfy { $0 == Passes(forward: 202) })
  }

  /// The clean action that an attack is shown is the most frequent, too: one draw in three would be taken for flipped already.
  @Test func decisionsAreLeftForOthersThanTheMostFrequent() throws {
    struct Drawn: Policy {
      func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
        observations.elements.enumerated().map { row, entry in
          (entry > 0.5) == random[row].chance(2.0 / 3) ? 1 : 0
        }
      }
    }
    let plan = AttackPlan(try AttackChoice("hopskipjump"), expectation: 51)
    var random = streams(24)
    let delivery = try Attacker(plan, against: Drawn(), within: threat).deliver(
      Tensor(repeating: 0.4, shape: [24, 1, 1, 1]), frameChannels: 1, using: &random,
      victimRandom: streams(24))
    #expect(delivery.observations.elements.allSatisfy { $0 > 0.5 })
  }

  /// Draws of what draws nothing are one answer, asked for many times.
  @Test func anExpectationOverNothingIsWarnedOf() throws {
    var plan = try AttackPlan("fgsm")
    plan.expectation = 5
    let steady = try tanhPolicy()
    #expect(
      try Attacker(plan, against: steady, within: threat).warnings.contains { $0.contains("draws nothing") })
    #expect(try Attacker(plan, against: NoisyPolicy(base: steady), within: threat).warnings.isEmpty)
    plan.expectation = 1
    #expect(try Attacker(plan, against: steady, within: threat).warnings.isEmpty)
  }
}

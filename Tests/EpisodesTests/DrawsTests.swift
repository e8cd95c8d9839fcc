import Attacks
import Episodes
import Policies
import RandomStreams
import Tensors
import Testing

/// Who draws from which of an episode's streams.
@Suite struct DrawsTests {
  private let threat = ThreatModel(epsilon: Epsilon(0.1))
  private let policy = RandomPolicy(actions: 3)

  /// The first step of an episode in each lane, which has its number for its seed.
  private func firstStep(lanes: Int, attacker: Attacker) throws -> Rollout.Step {
    var rollout = Rollout(Count.lanes(lanes), frames: 1)
    for lane in 0..<lanes { rollout.start(lane, seed: UInt64(lane)) }
    return try rollout.step(policy, attacker: attacker)
  }

  /// Says by its change what it drew.
  private struct Telling: Attack {
    let needs = Knowledge.nothing
    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor {
      let draws = random.indices.map { Float(random[$0].uniform()) / 10 }
      return clean.observations + Tensor(draws, shape: [clean.count, 1, 1, 1])
    }
  }

  @Test func policyAndAttackDrawFromStreamsOfTheirNames() throws {
    let step = try firstStep(lanes: 24, attacker: try Attacker(Telling(), against: policy, within: threat))
    let changes = (step.delivered - step.clean).elements
    for lane in 0..<24 {
      var policyDraws = RandomStream(seed: UInt64(lane), stream: .policy)
      var attackDraws = RandomStream(seed: UInt64(lane), stream: .attack)
      let (action, change) = (policyDraws.index(below: 3), Float(attackDraws.uniform()) / 10)
      #expect(step.actions[lane] == action)
      #expect(abs(changes[lane * 2] - change) < 1e-6)
    }
  }

  /// In the place of each action come the two others, one as often as the other.
  @Test func flipsHitTheOtherActionsAlike() throws {
    let attacker = try Attacker("flip:rate=1", against: policy, within: threat)
    let step = try firstStep(lanes: 1200, attacker: attacker)
    for clean in 0..<3 {
      for action in 0..<3 {
        let count = zip(step.cleanActions, step.actions).count { $0 == clean && $1 == action }
        // Five deviations of 13 around 200.
        #expect(clean == action ? count == 0 : (135...265).contains(count))
      }
    }
  }
}

@testable import Attacks
import Networks
import Policies
import RandomStreams
import Tensors
import Testing

/// Which frames of an episode are attacked.
@Suite struct TimingTests {
  /// The frames, counted from 1, that a timing takes of an episode with these signals.
  private func frames(_ timing: Timing, of signals: [Double], share: Double) -> [Int] {
    let threat = ThreatModel(epsilon: Epsilon(0.1), share: share)
    var (turn, random) = (Turn(), streams(1)[0])
    return signals.enumerated().filter { _, signal in
      turn.takesFrame(at: timing, signal: signal, within: threat, using: &random)
    }.map { $0.offset + 1 }
  }

  /// Each of rising signals is the largest so far, and only the share holds them back. Of two kinds that take turns the larger are
  /// taken, which come to the share.
  @Test(arguments: [Timing.strategic(nil), .valueGuided(nil)])
  func theLargestSignalsSoFarAreTaken(_ timing: Timing) {
    #expect(frames(timing, of: (1...20).map(Double.init), share: 0.25) == [1, 5, 9, 13, 17])
    let high = (1...400).map { $0.isMultiple(of: 4) ? 1.0 + Double($0 % 7) : Double($0 % 7) / 10 }
    #expect(frames(timing, of: high, share: 0.2).filter { !$0.isMultiple(of: 4) }.count < 10)
  }

  /// Falling signals never stand out: there a timing waits until it is 10·(1 − share) frames behind, and no longer.
  @Test(arguments: [Timing.strategic(nil), .valueGuided(nil), .random(nil)], [0.05, 0.25, 0.6])
  func theShareIsUsed(_ timing: Timing, _ share: Double) {
    let falling = (1...1000).reversed().map(Double.init)
    let taken = frames(timing, of: falling, share: share).count
    #expect(taken <= Int((share * 1000).rounded(.up)))
    #expect(Double(taken) > share * 1000 - 10 * (1 - share) - 1)
  }

  @Test func randomFramesComeAtTheirShare() {
    let signals = Array(repeating: 0.0, count: 1000)
    // Five deviations of 13 around 200.
    #expect((137...263).contains(frames(.random(0.2), of: signals, share: 1).count))
    // What is drawn where the share is used up is lost, and made up for.
    #expect((290...300).contains(frames(.random(nil), of: signals, share: 0.3).count))
    // They are not those of a clock.
    let first = frames(.random(nil), of: signals, share: 0.3)
    let gaps = Set(zip(first, first.dropFirst()).map { $1 - $0 })
    #expect(gaps.count > 4)
  }

  /// With Q = (x − ½, ½ − x) the value is the distance of x from ½; beside the same logits a critic says x.
  /// It is the victim whose values tell when: a surrogate's do not help.
  @Test func valuesAreTheVictims() throws {
    let (actor, threat) = (try linear([[1, -1]], bias: [-0.5, 0.5]), ThreatModel(epsilon: Epsilon(0.1)))
    let plan = AttackPlan(try AttackChoice("fgsm"), timing: .valueGuided(nil))
    #expect(throws: AttackError.self) {
      try Attacker(plan, against: actor, within: threat, searchingOn: ActionValuePolicy(actor))
    }
    _ = try Attacker(plan, against: ActionValuePolicy(actor), within: threat, searchingOn: actor)
  }

  @Test func valuesAreHeldAgainstTheThreshold() throws {
    let observations = Tensor([0, 0.2, 0.4, 0.6, 0.8, 1], shape: [6, 1, 1, 1])
    let (actor, critic) = (try linear([[1, -1]], bias: [-0.5, 0.5]), try linear([[1]], bias: [0]).network)
    for (victim, threshold, isHigh) in [
      (ActionValuePolicy(actor) as any Policy, 0.25, [true, true, false, false, true, true]),
      (ActorCriticPolicy(actor, critic: critic), 0.5, [false, false, false, true, true, true]),
    ] {
      let plan = AttackPlan(try AttackChoice("noise"), timing: .valueGuided(threshold))
      var random = streams(6)
      let delivery = try Attacker(plan, against: victim, within: ThreatModel(epsilon: Epsilon(0.1)))
        .deliver(observations, frameChannels: 1, using: &random)
      #expect(delivery.isAttacked == isHigh)
    }
  }
}

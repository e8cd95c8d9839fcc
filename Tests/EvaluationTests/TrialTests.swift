import Attacks
@testable import Evaluation
import Testing

@Suite struct TrialTests {
  /// Noise of ±ε flips a frame with every second draw, so that of 32 frames one draw flips about half:
  /// fewer than 4 or more than 28 once in 400,000 seeds. The best of twenty leaves one unflipped in 2²⁰
  /// each: once in 30,000 seeds.
  @Test func everyTryDrawsAnew() throws {
    let evaluation = try Corridor.evaluation()
    let sample = try FrameSample(from: TwoActions.honest, in: evaluation, framesPerEpisode: 1)
    let attacker = try Attacker(
      "noise:distribution=sign", against: TwoActions.honest, within: ThreatModel(epsilon: Epsilon(0.125)))
    func flips(tries: Int) throws -> [Bool] {
      try Trial(of: attacker, tries: tries, on: sample, seed: 0, workers: .one, continuing: { true })
        .isFlipped
    }
    let once = try flips(tries: 1)
    #expect((4...28).contains(once.count { $0 }))
    #expect(try flips(tries: 20) == Array(repeating: true, count: 32))
    // A frame that is flipped stays so.
    #expect(try zip(once, flips(tries: 2)).allSatisfy { !$0 || $1 })
  }
}

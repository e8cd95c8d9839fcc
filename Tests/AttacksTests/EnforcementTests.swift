@testable import Attacks
import Environments
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// That the threat model is held, and that a breach of it ends the run.
@Suite struct EnforcementTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  private func policy() throws -> NetworkPolicy {
    try network(
      [.flatten, .dense(outputs: 8, activation: .tanh), .dense(outputs: 3, activation: .identity)],
      input: [3, 3, 2])
  }

  @Test(arguments: [0.0, 0.1, 0.25, 0.5, 1], ["every", "every:3", "random", "strategic", "strategic:0.1"])
  func theShareIsKeptAtEveryFrame(_ share: Double, _ timing: String) throws {
    var threat = threat
    threat.share = share
    let plan = AttackPlan(try AttackChoice("fgsm"), timing: try #require(Timing(timing)))
    let attacker = try Attacker(plan, against: policy(), within: threat)
    var turns = Array(repeating: Turn(), count: 6)
    var random = streams(6)
    for frame in 1...30 {
      let seen = uniform([6, 3, 3, 2], seed: UInt64(frame))
      let delivery = try attacker.deliver(seen, frameChannels: 2, turns: &turns, using: &random)
      for row in 0..<6 {
        #expect(turns[row].frames == frame)
        #expect(Double(turns[row].attacked) <= (share * Double(frame) - 1e-9).rounded(.up))
        if !delivery.isAttacked[row] {
          #expect(delivery.observations.rows(at: [row]) == seen.rows(at: [row]))
          #expect(delivery.passes[row] == Passes())
        }
      }
    }
    switch (share, timing) {
    case (_, "every"): #expect(turns.allSatisfy { $0.attacked == Int((share * 30).rounded(.up)) })
    case (1, "every:3"): #expect(turns.allSatisfy { $0.attacked == 10 })
    case (0.5, "strategic"): #expect(turns.allSatisfy { (8...15).contains($0.attacked) })
    default: break
    }
  }

  /// What is delivered is checked after it was held to the threat model: where the holding failed, the run ends.
  @Test func aDeliveryBeyondTheThreatModelEndsTheRun() throws {
    var newest = ThreatModel(epsilon: Epsilon(0.2))
    newest.region = .rectangle(top: 0, left: 0, height: 3, width: 2)
    let breaches: [(ThreatModel, String, @Sendable (Neighborhood, Tensor) -> Tensor)] = [
      (threat, "a perturbation of size", { space, _ in (space.center + 0.3).clamped(to: 0...1) }),
      (threat, "outside", { space, _ in space.center + 0.1 }),
      (newest, "may not", { space, _ in (space.center + 0.1).clamped(to: 0...1) }),
    ]
    for (threat, words, projection) in breaches {
      var attacker = try Attacker("fgsm", against: policy(), within: threat)
      var random = streams(6)
      _ = try attacker.deliver(observations, frameChannels: 1, using: &random)
      attacker.projection = projection
      let error = #expect(throws: AttackError.self) {
        try attacker.deliver(observations, frameChannels: 1, using: &random)
      }
      #expect(error?.description.contains("is violated") == true)
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
  }

  /// Who was not chosen keeps every bit, and nobody is attacked oftener than the share says.
  @Test func aDeliveryBeyondTheShareEndsTheRun() throws {
    var threat = threat
    threat.share = 0.5
    let attacker = try Attacker("fgsm", against: policy(), within: threat)
    let chosen = [true, false, true, false, true, false]
    func turns(_ attacked: Int, of frames: Int) -> [Turn] {
      var turn = Turn()
      (turn.attacked, turn.frames) = (attacked, frames)
      return Array(repeating: turn, count: 6)
    }
    func check(_ delivered: Tensor, _ turns: [Turn]) throws {
      try attacker.checkShare(delivered, of: observations, isAttacked: chosen, turns: turns)
    }
    try check(observations, turns(2, of: 4))
    #expect(throws: AttackError.self) { try check(observations, turns(3, of: 4)) }
    var changed = observations
    changed.withMutableElements { $0[0] += 0.1 }
    try check(changed, turns(2, of: 4))
    changed.withMutableElements { $0[18] += 0.1 }
    #expect(throws: AttackError.self) { try check(changed, turns(2, of: 4)) }
  }
}

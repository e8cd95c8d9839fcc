import Agents
import Attacks
import Defenses
import Environments
import Foundation
import Networks
import RandomStreams
import TestSupport
import Testing

@Suite struct WocaRTests {
  /// Of a transition whose s′ is not known the second network learns as much as if it were not there.
  @Test func whatIsNotFollowedTeachesNothing() throws {
    var random = RandomStream(seed: 5)
    let network = try Network(
      .init(input: [2, 2, 1], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
      initializer: .kaiming, using: &random)
    let (observations, next) = (
      random.tensor([2, 2, 2, 1], in: 0...1), random.tensor([2, 2, 2, 1], in: 0...1)
    )
    func learned(rows: Int, isFollowed: [Bool]) throws -> Data {
      let hardness = Hardness(epsilon: Epsilon(0.1), warmUp: .constant(1), weight: .constant(1))
      var defense = try WocaR(hardness).defense(for: network, of: .ppo, range: 0...1, seed: 0)
      let experience = Transitions(
        observations: observations.slice(0..<rows), actions: Array([0, 1].prefix(rows)),
        rewards: Array([1, -1].prefix(rows)), next: next.slice(0..<rows),
        discounts: Array([0.9, 0.9].prefix(rows)), isFollowed: isFollowed)
      _ = try defense.term(for: experience, of: network, update: 0, progress: 1, workers: .one)
      return try #require(try defense.savedState())
    }
    let alone = try learned(rows: 1, isFollowed: [true])
    #expect(try learned(rows: 2, isFollowed: [true, false]) == alone)
    #expect(try learned(rows: 2, isFollowed: [true, true]) != alone)
  }

  /// What a person sees of a run while it is hardened: what is asked for, and no loss.
  @Test func progressTellsHowMuchIsAskedFor() throws {
    let catalog = try repositoryCatalog()
    var configuration = PPO.Configuration()
    configuration.network = .init(.mlp, hidden: [8])
    let plan = try DefensePlan(
      "adversarial:warm-up=1+wocar:warm-up=1:weight=0.5:worst-weight=0.25", epsilon: Epsilon(0.1))
    var run = try TrainingRun(
      .init(configuration, steps: 10_000, seed: 0), in: catalog.definition(for: "catch-v1"),
      hardening: plan.collection, loss: plan.loss)
    _ = try run.advance()
    let expected: [String: Float] = [
      "attack_epsilon": 0.1, "defense_epsilon": 0.1, "defense_weight": 0.5, "worst_weight": 0.25,
    ]
    #expect(run.progress.hardness == expected)
  }
}

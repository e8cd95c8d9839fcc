import Foundation
@testable import Attacks
import Networks
import Policies
import RandomStreams
import Synchronization
import TestSupport
import Tensors
import Testing

/// What is learned from a victim's episodes.
@Suite struct LearningAttackTests {
  /// Two actions in turn, one rewarded with 1, the other with 0, and every episode ends at once: their values are 1 and 0.
  @Test func robustSarsaLearnsWhatActionsAreWorth() throws {
    let observations = uniform([64, 3, 3, 2], seed: 8)
    let experience = Experience(
      observations: observations, actions: (0..<64).map { $0 % 2 }, rewards: (0..<64).map { Float($0 % 2) },
      successors: Array(repeating: nil, count: 64), hasTerminated: Array(repeating: true, count: 64),
      frameChannels: 2)
    let victim = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [3, 3, 2])
    let values = try RobustSarsa().learnedValues(
      of: victim, from: Lesson(experience, within: ThreatModel(epsilon: Epsilon(0.1))))
    let learned = values(observations).mean(alongAxis: 0).elements
    #expect(abs(learned[0]) < 0.1)
    #expect(abs(learned[1] - 1) < 0.1)
  }

  /// A step's value is its reward and, discounted, that of the next.
  @Test func robustSarsaLooksAhead() throws {
    // Four places one after another, the last one rewarded.
    let places = Tensor(
      (0..<4).flatMap { place in (0..<4).map { Float($0 == place ? 1 : 0) } }, shape: [4, 2, 2, 1])
    let experience = Experience(
      observations: places, actions: [0, 0, 0, 0], rewards: [0, 0, 0, 1], successors: [1, 2, 3, nil],
      hasTerminated: [false, false, false, true], frameChannels: 1)
    let victim = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [2, 2, 1])
    var recipe = RobustSarsa()
    (recipe.discount, recipe.updates, recipe.smoothness) = (0.5, 1000, 0)
    let values = try recipe.learnedValues(
      of: victim, from: Lesson(experience, within: ThreatModel(epsilon: Epsilon(0.1))))(places).elements
    for (place, expected) in [0.125, 0.25, 0.5, 1].enumerated() {
      #expect(abs(Double(values[place * 2]) - expected) < 0.03)
    }
  }

  /// What the smoothness is for: near what was seen, no action's value differs much from what it is there.
  /// Without, nothing holds down the slopes that the network started with.
  @Test func robustSarsasValuesAreSmooth() throws {
    let observations = uniform([16, 2, 2, 1], seed: 8) * 0.8 + 0.1
    let experience = Experience(
      observations: observations, actions: Array(repeating: 0, count: 16),
      rewards: Array(repeating: 1, count: 16), successors: Array(repeating: nil, count: 16),
      hasTerminated: Array(repeating: true, count: 16), frameChannels: 1)
    let victim = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [2, 2, 1])
    func roughness(_ smoothness: Float) throws -> Float {
      var recipe = RobustSarsa()
      (recipe.updates, recipe.smoothness) = (30, smoothness)
      let values = try recipe.learnedValues(
        of: victim, from: Lesson(experience, within: ThreatModel(epsilon: Epsilon(0.1))))
      return (values(observations + 0.1) - values(observations)).squared().mean().scalar
    }
    #expect(try roughness(100) < roughness(0) / 10)
  }

  /// Who asks to stop while an attack learns does not wait for its end.
  @Test(arguments: ["universal:steps=100000", "robust-sarsa:updates=10000000"])
  func learningIsBrokenOff(_ attack: String) throws {
    let experience = Experience(
      observations: uniform([4, 2, 2, 1], seed: 3), actions: [0, 1, 0, 1], rewards: [1, 0, 1, 0],
      successors: Array(repeating: nil, count: 4), hasTerminated: Array(repeating: true, count: 4),
      frameChannels: 1)
    let victim = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [2, 2, 1])
    let asked = Mutex(0)
    #expect(throws: CancellationError.self) {
      try Attacker(
        AttackPlan(attack), against: victim, within: ThreatModel(epsilon: Epsilon(0.1)),
        learningFrom: experience,
        continuing: {
          asked.withLock {
            $0 += 1; return $0 < 3
          }
        })
    }
    #expect(asked.withLock { $0 } == 3)
  }

  @Test func autoPGDLooksBackWhereThePaperSays() {
    #expect(AutoPGD.checkpoints(steps: 100) == [22, 41, 57, 70, 80, 87, 93, 99])
  }

  /// A perturbation is saved, read and carried to another policy; one of another shape is refused.
  @Test func universalPerturbationsAreCarried() throws {
    let observations = uniform([20, 3, 3, 2], seed: 8)
    let victim = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [3, 3, 2])
    let threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
    let learned = try Universal().learned(
      against: victim,
      from: Lesson(Experience(observations: observations, frameChannels: 2), within: threat))
    try withTemporaryFile { file in
      try Safetensors(metadata: [:], entries: [learned.entry]).write(to: file)
      var random = streams(20)
      let attacker = try Attacker(
        "universal:file=\(file.path)", against: RandomPolicy(actions: 2), within: threat)
      let delivery = try attacker.deliver(
        observations, frameChannels: 2, using: &random, victimRandom: streams(20))
      let expected = (observations + learned.change).clamped(to: 0...1)
      #expect(relativeError(delivery.observations, expected) < 1e-6)
      #expect(throws: AttackError.self) {
        try attacker.deliver(
          uniform([20, 3, 2, 2], seed: 1), frameChannels: 2, using: &random, victimRandom: streams(20))
      }
    }
    #expect(throws: AttackError.self) { try Attacker("universal", against: victim, within: threat) }
    // A hundred steps of twenty observations, as they were and changed.
    #expect(learned.learningPasses == Passes(forward: 4000, backward: 2000))
  }

  /// What does not go together is found without a lesson; and what a file holds has learned.
  @Test func plansAreCheckedBeforeTheLesson() throws {
    let victim = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [3, 3, 2])
    func refusal(_ plan: AttackPlan, _ knowledge: Knowledge = .weights) -> String {
      let threat = ThreatModel(epsilon: Epsilon(0.1), knowledge: knowledge)
      do { _ = try plan.searchedPolicy(attacking: victim, within: threat) } catch { return "\(error)" }
      return ""
    }
    let universal = try AttackChoice("universal")
    #expect(refusal(AttackPlan(universal)) == "")
    #expect(refusal(AttackPlan(universal), .scores).contains("grants scores"))
    #expect(refusal(AttackPlan(universal, isStraightThrough: true)).contains("no transform"))
    #expect(refusal(AttackPlan(universal, goal: .lowerValue)).contains("values"))
    let sarsa = AttackPlan(try AttackChoice("robust-sarsa"), goal: .reach(1))
    #expect(refusal(sarsa).contains("goal of its own"))
    let flips = AttackPlan(try AttackChoice("flip"), timing: .strategic(nil))
    #expect(refusal(flips, .nothing).contains("every:k"))
    #expect(try AttackChoice("universal:file=there").needs == .nothing)
    let mixed = try AttackChoice("universal:steps=5+pgd:steps=3+robust-sarsa").unlearned()
    #expect(mixed.description == "fgsm+pgd:steps=3+fgsm" && !mixed.learns)
    let error = #expect(throws: AttackError.self) {
      try Attacker(
        "universal:file=there:steps=5", against: victim, within: ThreatModel(epsilon: Epsilon(0.1)))
    }
    #expect(error?.description.contains("not learned again") == true)
  }

  /// What learns from a policy that draws its scores has to average them, and does.
  @Test func universalPerturbationsOfANoisyPolicyTakeAnExpectation() throws {
    let victim = NoisyPolicy(
      base: try network([.flatten, .dense(outputs: 3, activation: .identity)], input: [3, 3, 2]))
    let experience = Experience(observations: uniform([6, 3, 3, 2], seed: 3), frameChannels: 2)
    let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)
    func learned(_ expectation: Int?) throws -> Tensor {
      try Universal().learned(
        against: victim, from: Lesson(experience, within: threat, expectation: expectation)
      ).change
    }
    let error = #expect(throws: AttackError.self) { try learned(nil) }
    #expect(error?.description.contains("--expectation") == true)
    #expect(try learned(2) == learned(2))
    #expect(try learned(2) != learned(5))
  }
}

// Learned for a goal.
extension LearningAttackTests {
  /// On a linear policy with the margin as loss, the perturbation that leads to an action goes by the sign of that action's
  /// weights less those of the one it has to overtake, entry by entry.
  @Test(arguments: [1, 2])
  func universalPerturbationsLeadToAnAction(_ target: Int) throws {
    let observations = uniform([20, 3, 3, 2], seed: 8) * 0.5 + 0.25
    var victim = try network([.flatten, .dense(outputs: 3, activation: .identity)], input: [3, 3, 2])
    // Action 0 leads everywhere, and by so much that it is the one to overtake.
    victim.network.parameters[1] = Tensor([9, 0, 0])
    let weight = victim.network.parameters[0].elements
    #expect(throws: AttackError.self) {
      try Attacker(
        AttackPlan(AttackChoice("universal"), goal: .reach(3)), against: victim,
        within: ThreatModel(epsilon: Epsilon(0.1)),
        learningFrom: Experience(observations: observations, frameChannels: 2))
    }
    let experience = Experience(observations: observations, frameChannels: 2)
    let threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
    let change = try Universal().learned(
      against: victim, from: Lesson(experience, within: threat, toward: .reach(target))
    ).change.elements
    for entry in 0..<18 {
      let slope = weight[entry * 3 + target] - weight[entry * 3]
      #expect(abs(change[entry] - (slope > 0 ? 0.1 : -0.1)) < 1e-5)
    }
  }
}

private func withTemporaryFile(_ body: (URL) throws -> Void) throws {
  try withTemporaryFolder { try body($0.appending(path: "file")) }
}

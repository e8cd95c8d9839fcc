import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// What the attacker sees to, whatever the attack.
@Suite struct AttackerTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  /// The strategic timing strikes where the policy prefers an action most.
  @Test func strategicTimingChoosesStrongPreferences() throws {
    let policy = try tanhPolicy()
    let probabilities = policy.scores(for: observations).softmax().elements
    let gaps = (0..<6).map { row in
      let own = probabilities[(row * 3)..<(row * 3 + 3)]
      return own.max()! - own.min()!
    }
    let threshold = (gaps.sorted()[2] + gaps.sorted()[3]) / 2
    let plan = AttackPlan(try AttackChoice("fgsm"), timing: .strategic(Double(threshold)))
    var random = streams(6)
    let delivery = try Attacker(plan, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    #expect(delivery.isAttacked == gaps.map { $0 > threshold })
  }

  /// Where nothing flips, three starts begin at three points.
  @Test func everyStartIsDrawnAnew() throws {
    let center = Tensor(repeating: 0.5, shape: [1, 1, 1, 4])
    let victim = WatchedPolicy(try linear([[0, 1], [1, 0], [0, 2], [2, 0]], bias: [9, 0]))
    let clean = CleanPass(of: center, through: victim)
    var recipe = PGD()
    (recipe.steps, recipe.restarts) = (1, 3)
    var random = streams(1)
    _ = try recipe.against(victim, learningFrom: nil).perturb(
      clean, meeting: ActionChange(from: [0]),
      within: Neighborhood(of: center, under: threat, frameChannels: 4), using: &random)
    // The clean observation, then for each start where it begins and where it ends.
    let asked = victim.asked
    try #require(asked.count == 7)
    #expect(asked[1] != asked[3] && asked[1] != asked[5] && asked[3] != asked[5])
  }

  @Test func theStrongestOfSeveralIsNoWeakerThanAny() throws {
    let policy = try tanhPolicy()
    let threat = ThreatModel(epsilon: Epsilon(0.05), frames: .all)
    func margins(_ attack: String) throws -> [Float] {
      var random = streams(6)
      let delivery = try Attacker(attack, against: policy, within: threat)
        .deliver(observations, frameChannels: 2, using: &random)
      return ActionChange(from: delivery.cleanActions)
        .loss(of: policy.scores(for: delivery.observations), as: .margin).elements
    }
    let (strongest, fgsm, noise) = (try margins("noise+fgsm"), try margins("fgsm"), try margins("noise"))
    let best = zip(fgsm, noise).map { max($0, $1) }
    // Rows of both kinds, or this says nothing.
    #expect(strongest.contains { $0 < 0 } && best.contains { $0 > 0 })
    for row in 0..<6 where strongest[row] < 0 { #expect(strongest[row] >= best[row] - 1e-6) }
    for row in 0..<6 where best[row] > 0 { #expect(strongest[row] > 0) }
  }

  @Test func blackBoxAttacksNeedNoMoreThanTheySay() throws {
    var random = streams(6)
    let names = AttackCatalog.entries.filter { $0.about.needs == .scores }.map(\.name)
    #expect(names.contains("square") && names.count > 2)
    for name in names {
      _ = try Attacker(name, against: OpaquePolicy(base: tanhPolicy()), within: threat)
        .deliver(observations, frameChannels: 2, using: &random)
    }
    _ = try Attacker("hopskipjump", against: ActionsOnlyPolicy(base: tanhPolicy()), within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    for (victim, works) in [
      (try OpaquePolicy(base: tanhPolicy()) as any Policy, "square"),
      (try ActionsOnlyPolicy(base: tanhPolicy()), "hopskipjump"),
    ] {
      let error = #expect(throws: AttackError.self) { try Attacker("pgd", against: victim, within: threat) }
      #expect(error?.description.contains("gradients") == true)
      #expect(error?.description.contains(works) == true)
    }
    let error = #expect(throws: AttackError.self) {
      try Attacker("critic", against: tanhPolicy(), within: threat)
    }
    #expect(error?.description.contains("values") == true)
  }

  /// Also at the first step, whose gradient is that of the clean pass otherwise.
  @Test(arguments: ["bim", "fgsm"])
  func roundingHidesTheGradientUntilItIsPassedThrough(_ attack: String) throws {
    let policy = try QuantizedPolicy(tanhPolicy(), Palette(levels: 8))
    let error = #expect(throws: AttackError.self) { try Attacker("pgd", against: policy, within: threat) }
    #expect(error?.description.contains("--straight-through") == true)
    _ = try Attacker("square", against: policy, within: threat)
    var plan = try AttackPlan(attack)
    plan.isStraightThrough = true
    var random = streams(6)
    let delivery = try Attacker(plan, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    #expect(delivery.sizes.allSatisfy { $0 > 0.1 })
    var memory = Memory()
    var none: [RandomStream] = []
    let actions = policy.act(on: delivery.observations, memory: &memory, using: &none)
    #expect(zip(actions, delivery.cleanActions).count { $0 != $1 } >= 3)
    #expect(throws: AttackError.self) { try Attacker(plan, against: policy.base, within: threat) }
  }

  /// Random flips come at their rate, and hit another action.
  @Test func flipsComeAtTheirRate() throws {
    let attacker = try Attacker("flip:rate=0.3", against: tanhPolicy(), within: threat)
    var (turns, random, flips) = ([Turn()], streams(1), 0)
    for _ in 0..<2000 {
      let delivery = try attacker.deliver(
        observations.rows(at: [0]), frameChannels: 2, turns: &turns, using: &random)
      flips += delivery.isFlipped[0] ? 1 : 0
    }
    #expect(abs(Double(flips) / 2000 - 0.3) < 0.03)
  }

  /// Every loss has a slope in both scores, and grows as the clean action loses.
  @Test func lossesAreDefinedForTwoActions() {
    let scores = Tensor([2, -1, 0.5, 0.25], shape: [2, 2])
    for kind in ScoreLoss.allCases {
      let losses = ActionChange(from: [0, 1]).loss(of: scores, as: kind).elements
      #expect(losses.allSatisfy { $0.isFinite })
      #expect(losses[1] > losses[0])
      let gradient = gradient(of: { ActionChange(from: [0, 1]).loss(of: $0, as: kind).sum() }, at: scores)
      #expect(gradient.elements.allSatisfy { $0 != 0 })
    }
    // −(z_y − z_max)/(z₁ − z₃) by hand.
    let three = Tensor([3, 1, -1], shape: [1, 3])
    #expect(abs(ActionChange(from: [0]).loss(of: three, as: .ratio).scalar + 0.5) < 1e-6)
  }
}

import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// A policy that shows its scores and no gradient.
struct OpaquePolicy: ScoringPolicy {
  let base: NetworkPolicy
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    base.scores(for: observations, memory: memory).stoppingGradient()
  }
}

/// A policy that shows its actions only.
struct ActionsOnlyPolicy: Policy {
  let base: NetworkPolicy
  func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
    base.scores(for: observations, memory: memory).argmax()
  }
}

/// A policy with noise inside, drawn from its streams.
struct NoisyPolicy: DifferentiablePolicy {
  let base: NetworkPolicy
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let length = observations.count / observations.shape[0]
    let noise = Tensor(shape: observations.shape) { noise in
      for index in noise.indices { noise[index] = 0.1 * Float(random[index / length].normal()) }
    }
    return base.scores(for: observations + noise, memory: memory)
  }
}

/// What the attacker sees to, whatever the attack.
@Suite struct AttackerTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  private func policy(_ actions: Int = 3) throws -> NetworkPolicy {
    try network(
      [.flatten, .dense(outputs: 8, activation: .tanh), .dense(outputs: actions, activation: .identity)],
      input: [3, 3, 2])
  }

  /// The strategic timing strikes where the policy prefers an action most.
  @Test func strategicTimingChoosesStrongPreferences() throws {
    let policy = try policy()
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

  /// What the catalog says that an attack costs, where nothing flips before its end.
  @Test(arguments: [
    ("noise", 0, 0), ("fgsm", 1, 1), ("bim:steps=7", 7, 7), ("pgd:steps=7", 8, 7),
    ("pgd:steps=7:restarts=3", 1 + 3 * 8, 21), ("mifgsm:steps=7", 7, 7), ("adam:steps=7", 8, 7),
    ("apgd:steps=7", 9, 8), ("jsma:entries=7", 9, 14), ("minimal-epsilon:steps=7", 8, 7),
    ("spsa:steps=7:samples=5", 77, 0), ("nes:steps=7:samples=5", 77, 0), ("square:queries=7", 9, 0),
    ("mad:steps=7", 8, 8), ("mad:steps=7:restarts=2", 8 + 9, 15), ("worst-action:steps=7", 8, 7),
    ("multitargeted:steps=7", 1 + 2 * 8, 14), ("multitargeted:steps=7:restarts=2", 1 + 4 * 8, 28),
    ("fgsm+bim:steps=7", 1 + 1 + 6 + 1, 8),
  ])
  func passesAreCounted(_ attack: String, _ forward: Int, _ backward: Int) throws {
    let threat = ThreatModel(epsilon: Epsilon(1e-7))
    var random = streams(6)
    let delivery = try Attacker(attack, against: policy(), within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    #expect(Set(delivery.passes) == [Passes(forward: forward, backward: backward)])
  }

  /// The same of attacks that look beyond epsilon, which end where they find something.
  @Test func passesOfSearchesAreCounted() throws {
    func passes(_ attack: String) throws -> [Passes] {
      var random = streams(6)
      return try Attacker(attack, against: policy(), within: ThreatModel(epsilon: Epsilon(1e-7)))
        .deliver(observations, frameChannels: 2, using: &random).passes
    }
    for own in try passes("deepfool:steps=7") {
      #expect((3...9).contains(own.forward) && own.backward == 2 * min(own.forward - 1, 7))
    }
    for own in try passes("cw:steps=20:searches=2") {
      #expect([41, 51].contains(own.forward) && own.backward == 40)
    }
  }

  /// What is flipped already starts no further search.
  @Test func restartsWorkOnWhatIsLeft() throws {
    var random = streams(6)
    let delivery = try Attacker("pgd:steps=5:restarts=4", against: policy(), within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let found = try policy().scores(for: delivery.observations).argmax()
    for row in 0..<6 {
      let isFlipped = found[row] != delivery.cleanActions[row]
      #expect(delivery.passes[row].backward.isMultiple(of: 5))
      if !isFlipped { #expect(delivery.passes[row].backward == 20) }
    }
    #expect(delivery.passes.contains { $0.backward < 20 })
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
    let policy = try policy()
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
      _ = try Attacker(name, against: OpaquePolicy(base: policy()), within: threat)
        .deliver(observations, frameChannels: 2, using: &random)
    }
    _ = try Attacker("hopskipjump", against: ActionsOnlyPolicy(base: policy()), within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    for (victim, works) in [
      (try OpaquePolicy(base: policy()) as any Policy, "square"),
      (try ActionsOnlyPolicy(base: policy()), "hopskipjump"),
    ] {
      let error = #expect(throws: AttackError.self) { try Attacker("pgd", against: victim, within: threat) }
      #expect(error?.description.contains("gradients") == true)
      #expect(error?.description.contains(works) == true)
    }
    let error = #expect(throws: AttackError.self) {
      try Attacker("critic", against: policy(), within: threat)
    }
    #expect(error?.description.contains("values") == true)
  }

  @Test func noisyPoliciesNeedAnExpectation() throws {
    let policy = try NoisyPolicy(base: policy())
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

  /// A gradient is as much that of one draw where it is taken on a noisy surrogate.
  @Test func noisySurrogatesNeedAnExpectation() throws {
    let (victim, surrogate) = (try policy(), NoisyPolicy(base: try policy()))
    var random = streams(6)
    func deliver(_ attack: String, _ expectation: Int?) throws -> Attacker.Delivery {
      try Attacker(
        AttackPlan(AttackChoice(attack), expectation: expectation), against: victim, within: threat,
        searchingOn: surrogate
      ).deliver(observations, frameChannels: 2, using: &random)
    }
    let error = #expect(throws: AttackError.self) { try deliver("fgsm", nil) }
    #expect(error?.description.contains("--expectation") == true)
    #expect(try deliver("fgsm", 5).sizes.allSatisfy { $0 > 0.1 })
    _ = try deliver("square:queries=5", nil)
  }

  /// What the clean pass shows of a policy that draws is a mean over as many draws as every later answer.
  @Test func theCleanScoresAreAMeanOfDraws() throws {
    let (quiet, noisy) = (try policy(), NoisyPolicy(base: try policy()))
    let expected = quiet.scores(for: observations).elements
    func distance(_ expectation: Int) throws -> Float {
      let clean = CleanPass(of: observations, through: noisy, using: streams(6), expectation: expectation)
      #expect(clean.passes.allSatisfy { $0 == Passes(forward: expectation) })
      return try zip(#require(clean.scores).elements, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    // A thirtieth of a draw's distance, as a rule.
    #expect(try distance(900) < distance(1) / 5)
  }

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

  @Test func roundingHidesTheGradientUntilItIsPassedThrough() throws {
    let policy = try QuantizedPolicy(policy(), Palette(levels: 8))
    let error = #expect(throws: AttackError.self) { try Attacker("pgd", against: policy, within: threat) }
    #expect(error?.description.contains("--straight-through") == true)
    _ = try Attacker("square", against: policy, within: threat)
    var plan = try AttackPlan("bim")
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

  @Test func transferredAttacksKnowTheirVictimsActionAlone() throws {
    let victim = try ActionsOnlyPolicy(base: policy())
    var random = streams(6)
    let delivery = try Attacker(
      AttackPlan("pgd"), against: victim, within: threat, searchingOn: try policy()
    ).deliver(observations, frameChannels: 2, using: &random)
    #expect(delivery.passes.allSatisfy { $0 == Passes(forward: 1) })
    var own = streams(6)
    let direct = try Attacker("pgd", against: policy(), within: threat)
      .deliver(observations, frameChannels: 2, using: &own)
    #expect(delivery.observations == direct.observations)
  }

  /// A transfer attack has to know its victim's actions, and the goal is pursued on the surrogate.
  @Test func transferredAttacksAreHeldToWhatIsGranted() throws {
    var threat = threat
    threat.knowledge = .actions
    let error = #expect(throws: AttackError.self) { try Attacker("pgd", against: policy(), within: threat) }
    #expect(error?.description.contains("--surrogate") == true)
    _ = try Attacker(AttackPlan("pgd"), against: policy(), within: threat, searchingOn: policy())
    let valued = AttackPlan(try AttackChoice("pgd"), goal: .lowerValue)
    #expect(throws: AttackError.self) {
      try Attacker(valued, against: ActionValuePolicy(policy()), within: threat, searchingOn: policy())
    }
    var random = streams(6)
    _ = try Attacker(valued, against: policy(), within: threat, searchingOn: ActionValuePolicy(policy()))
      .deliver(observations, frameChannels: 2, using: &random)
    threat.knowledge = .nothing
    #expect(throws: AttackError.self) {
      try Attacker(AttackPlan("pgd"), against: policy(), within: threat, searchingOn: policy())
    }
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
    #expect(clean.passes.allSatisfy { $0 == Passes(forward: 102) })
  }

  @Test(arguments: [
    ("pgd:stepz=3", "steps"), ("pgd:steps=0", "whole number"), ("pgd:steps", "name=value"),
    ("fgsm:steps=3", "steps"), ("pgd:steps=3:steps=4", "twice, to 3 and to 4"),
    ("fgms", "fgsm"), ("fgsm+pdg", "pgd"), ("fgsm:loss=hinge", "cross-entropy"), ("", "without a name"),
  ])
  func choicesThatMakeNoSenseAreRefused(_ text: String, _ word: String) {
    let error = #expect(throws: AttackError.self) { try AttackChoice(text) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func choicesAreWrittenAsTheyAreRead() throws {
    #expect(try AttackChoice("pgd:steps=20").description == "pgd")
    #expect(try AttackChoice("pgd:restarts=3:steps=10").description == "pgd:steps=10:restarts=3")
    let several = try AttackChoice("noise+bim")
    #expect(try several.setting("steps", to: "4").description == "noise+bim:steps=4")
    #expect(several.takes("steps") && several.takes("distribution") && !several.takes("restarts"))
    #expect(throws: AttackError.self) { try AttackChoice("bim:steps=3").setting("steps", to: "4") }
    let plan = AttackPlan(
      try AttackChoice("fgsm"), goal: .all([.reach(1), .lowerValue]), timing: .every(3), expectation: 2)
    #expect(
      plan.description(naming: ["left", "stay"])
        == "fgsm, to reach stay and lower value, timing every:3, expectation over 2")
    #expect(plan.description(naming: ["left"]).contains("to reach action 1 and"))
    for text in ["every", "every:4", "random", "random:0.25", "strategic:0.5", "value"] {
      #expect(Timing(text)?.description == text)
    }
    for text in ["", "every:0", "every:x", "random:2", "strategic:nan", "often", "value:1:2"] {
      #expect(Timing(text) == nil)
    }
  }

  @Test func plansThatContradictThemselvesAreRefused() throws {
    let policy = try policy()
    for name in ["worst-action", "robust-sarsa"] {
      let targeted = AttackPlan(try AttackChoice(name), goal: .reach(1))
      #expect(throws: AttackError.self) { try Attacker(targeted, against: policy, within: threat) }
    }
    let starts = #expect(throws: AttackError.self) {
      try Attacker("pgd:restarts=2:random-start=no", against: policy, within: threat)
    }
    #expect(starts?.description.contains("contradict") == true)
    _ = try Attacker("pgd:random-start=no", against: policy, within: threat)
    let valued = AttackPlan(try AttackChoice("fgsm"), goal: .lowerValue)
    #expect(throws: AttackError.self) { try Attacker(valued, against: policy, within: threat) }
    _ = try Attacker(valued, against: ActionValuePolicy(policy), within: threat)
    let absent = try Attacker(
      AttackPlan(try AttackChoice("fgsm"), goal: .reach(3)), against: policy, within: threat)
    var random = streams(6)
    #expect(throws: AttackError.self) { try absent.deliver(observations, frameChannels: 2, using: &random) }
    var outside = threat
    outside.region = .rectangle(top: 2, left: 0, height: 2, width: 1)
    #expect(throws: AttackError.self) {
      try Attacker("fgsm", against: policy, within: outside).deliver(
        observations, frameChannels: 2, using: &random)
    }
  }

  /// What is wanted is checked, whoever made the attack.
  @Test func goalsThatCannotBePursuedAreRefused() throws {
    let policy = try policy()
    var random = streams(6)
    let none = #expect(throws: AttackError.self) {
      try Attacker(Custom(), against: policy, within: threat, goal: .all([]))
    }
    #expect(none?.description.contains("no parts") == true)
    let values = #expect(throws: AttackError.self) {
      try Attacker(Custom(), against: policy, within: threat, goal: .all([.flip, .lowerValue]))
    }
    #expect(values?.description.contains("values") == true)
    let blind = #expect(throws: AttackError.self) {
      try Attacker(
        Custom(needs: .actions), against: ActionValuePolicy(policy), within: threat, goal: .lowerValue)
    }
    #expect(blind?.description.contains("more than actions") == true)
    for action in [-1, 3] {
      let attacker = try Attacker(Custom(), against: policy, within: threat, goal: .reach(action))
      #expect(throws: AttackError.self) {
        try attacker.deliver(observations, frameChannels: 2, using: &random)
      }
    }
    #expect(throws: Never.self) {
      try Attacker(Custom(), against: ActionValuePolicy(policy), within: threat, goal: .lowerValue)
        .deliver(observations, frameChannels: 2, using: &random)
    }
  }

  private struct Custom: Attack {
    var needs = Knowledge.weights

    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor { clean.observations }
  }

  /// Draws of what draws nothing are one answer, asked for many times.
  @Test func anExpectationOverNothingIsWarnedOf() throws {
    var plan = try AttackPlan("fgsm")
    plan.expectation = 5
    let steady = try policy()
    #expect(
      try Attacker(plan, against: steady, within: threat).warnings.contains { $0.contains("draws nothing") })
    #expect(try Attacker(plan, against: NoisyPolicy(base: steady), within: threat).warnings.isEmpty)
    plan.expectation = 1
    #expect(try Attacker(plan, against: steady, within: threat).warnings.isEmpty)
  }

  /// A timing that would take what the share allows, where that is everything, is no timing, and says so.
  @Test(arguments: [
    "every", "every:2", "random", "random:0.5", "strategic", "strategic:0.5", "value", "value:1",
  ])
  func timingsWithoutAShareAreWarnedOf(_ text: String) throws {
    var plan = try AttackPlan("fgsm")
    plan.timing = try #require(Timing(text))
    var threat = ThreatModel(epsilon: Epsilon(8, over: 255))
    let isIdle = ["random", "strategic", "value"].contains(text)
    #expect(plan.warnings(under: threat).contains { $0.contains("share") } == isIdle)
    threat.share = 0.5
    #expect(plan.warnings(under: threat).isEmpty)
  }

  /// Random flips come at their rate, and hit another action.
  @Test func flipsComeAtTheirRate() throws {
    let attacker = try Attacker("flip:rate=0.3", against: policy(), within: threat)
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

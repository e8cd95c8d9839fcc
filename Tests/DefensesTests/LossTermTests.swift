import Agents
import Attacks
import Environments
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors
import TestSupport
import Testing

@testable import Defenses

/// The terms that defenses add, against what is worked out by hand or found by search.
@Suite struct LossTermTests {
  private let observations: Tensor
  private let network: Network
  private let experience: Transitions

  init() throws {
    var random = RandomStream(seed: 12)
    network = try Network(
      .init(
        input: [3, 3, 2],
        layers: [.flatten, .dense(outputs: 16, activation: .relu), .dense(outputs: 4, activation: .identity)]),
      initializer: .kaiming, outputGain: 2, using: &random)
    let observations = random.tensor([6, 3, 3, 2], in: 0...1)
    self.observations = observations
    let next = random.tensor([6, 3, 3, 2], in: 0...1)
    experience = Transitions(
      observations: observations, actions: [0, 1, 2, 3, 0, 1], rewards: [1, 0, 0, -1, 0, 0.5],
      next: next, discounts: [0.9, 0.9, 0, 0.9, 0, 0.9],
      isFollowed: Array(repeating: true, count: 6))
  }

  private func hardness(_ epsilon: Double, weight: Float = 1) -> Hardness {
    Hardness(epsilon: Epsilon(epsilon), warmUp: .constant(1), weight: .constant(weight))
  }

  private func values(
    _ recipe: some LossDefenseRecipe, _ kind: AgentKind, seed: UInt64 = 0, progress: Float = 1
  ) throws -> Tensor {
    var defense = try recipe.defense(for: network, of: kind, range: 0...1, seed: seed)
    let term = try #require(
      try defense.term(for: experience, of: network, update: 3, progress: progress, workers: .one))
    return term.value(network, shard(network))
  }

  /// Some rows, and what a network gives for them.
  private func shard(_ network: Network, _ rows: Range<Int> = 0..<6) -> LossTerm.Shard {
    let observations = observations.slice(rows)
    return .init(rows: rows, observations: observations, scores: network(observations))
  }

  @Test func hinge() {
    let scores = Tensor([3, 1, 2, 0, 5, 0], shape: [2, 3])
    #expect(SADQN.hinge(scores, [0, 0], lead: 0.5).elements == [-0.5, 5])
    #expect(SADQN.hinge(scores, [0, 1], lead: 2).elements == [-1, -2])
  }

  /// gap = [0, 2, 1], overlap = max(0, ½·gap − margin) = [0, 0, 0.7], and nothing for a better action than the taken one.
  @Test func overlap() {
    let scores = Tensor([3, 1, 2, 0, 5, 0], shape: [2, 3])
    let margins = Tensor([0, 1.5, -0.2, 0, -6, -1], shape: [2, 3])
    let found = RADIAL.overlap(scores, [0, 0], margins: margins).elements
    #expect(abs(found[0] - 0.7) < 1e-6)
    #expect(found[1] == 0)
  }

  /// With the labels of the start the action that keeps its lead is that of the policy that the run began with, not of the one
  /// that learns, also in a run that goes on.
  @Test(arguments: [InnerMaximization.interval, .pgd])
  func labelsOfTheStart(_ method: InnerMaximization) throws {
    let scores = network(observations)
    // A policy that prefers what the first one likes least.
    var other = network
    for index in other.parameters.indices.suffix(2) { other.parameters[index] = -other.parameters[index] }
    let recipe = SADQN(hardness(1e-6), method: method, lead: 100, labels: .start)
    let defense = try recipe.defense(for: network, of: .dqn, range: 0...1, seed: 0)
    var resumed = try recipe.defense(for: other, of: .dqn, range: 0...1, seed: 0)
    try resumed.restore(#require(try defense.savedState()))
    let expected = SADQN.hinge(other(observations), scores.argmax(), lead: 100).elements
    for var defense in [defense, resumed] {
      let term = try defense.term(for: experience, of: other, update: 3, progress: 1, workers: .one)
      let found = try #require(term).value(other, shard(other)).elements
      for row in 0..<6 { #expect(abs(found[row] - expected[row]) < 1e-3) }
    }
    let own = try SADQN(hardness(0.1)).defense(for: network, of: .dqn, range: 0...1, seed: 0)
    #expect(try own.savedState() == nil)
  }

  /// Interval bounds say no less than what ascent finds, and ascent no less than the observation itself.
  @Test(arguments: [0.01, 0.05, 0.2])
  func boundsAreAboveWhatIsFound(_ epsilon: Double) throws {
    let scores = network(observations)
    let clean = SADQN.hinge(scores, scores.argmax(), lead: 100).elements
    let found = try values(SADQN(hardness(epsilon), method: .pgd, lead: 100), .dqn).elements
    let bounded = try values(SADQN(hardness(epsilon), lead: 100), .dqn).elements
    for row in 0..<6 { #expect(clean[row] < found[row] && found[row] <= bounded[row] + 1e-5) }

    let divergence = try values(SAPPO(hardness(epsilon), method: .pgd), .ppo).elements
    let bound = try values(SAPPO(hardness(epsilon)), .ppo).elements
    for row in 0..<6 { #expect(0 < divergence[row] && divergence[row] <= bound[row] + 1e-5) }
  }

  /// The bound of the divergence holds for random points, and is nothing for a box without size.
  @Test func divergenceBound() throws {
    var random = RandomStream(seed: 4)
    let logits = network(observations)
    let surroundings = Surroundings(range: 0...1)
    func bound(_ epsilon: Float) -> [Float] {
      let box = surroundings.box(around: observations, epsilon: epsilon)
      return SAPPO.divergenceBound(logits, pairs: network.intervalPairMargins(over: box)).elements
    }
    #expect(bound(0).allSatisfy { abs($0) < 1e-5 })
    let limit = bound(0.1)
    for _ in 0..<200 {
      let points = (observations + random.tensor(observations.shape, in: -0.1...0.1)).clamped(to: 0...1)
      let found = logits.klDivergence(to: network(points)).elements
      for row in 0..<6 { #expect(found[row] <= limit[row]) }
    }
  }

  /// The virtual adversarial direction changes the distribution more than random signs do on average, by far.
  @Test func virtualAdversarialDirection() throws {
    let epsilon: Float = 0.05
    let found = try values(VirtualAdversarialTraining(hardness(Double(epsilon))), .dqn)
    // Half of the term is about what follows.
    let next = experience.next
    var random = RandomStream(seed: 6)
    var mean = Tensor.zeros([6])
    for _ in 0..<100 {
      func change(_ frames: Tensor) -> Tensor {
        let signs = random.tensor(frames.shape).sign()
        return network(frames).klDivergence(to: network((frames + epsilon * signs).clamped(to: 0...1)))
      }
      mean = mean + 0.5 * (change(observations) + change(next)) / 100
    }
    #expect(found.mean().scalar > 2 * mean.mean().scalar)
  }

  /// The defenses in the loss, and which agent each is for.
  static let terms: [(String, AgentKind)] = [
    ("sa-dqn", .dqn), ("sa-dqn:method=pgd", .dqn), ("sa-ppo", .ppo), ("sa-ppo:method=pgd", .ppo),
    ("radial", .dqn),
    ("wocar", .ppo), ("vat", .dqn), ("vat", .ppo),
  ]

  /// Sizes are shares of the range: observations four times as large, seen by a network that divides by four, weigh the same.
  @Test(arguments: terms)
  func sizesAreInUnitsOfTheRange(_ name: String, _ kind: AgentKind) throws {
    func value(_ factor: Float) throws -> Float {
      let recipe = try #require(try DefensePlan("\(name):warm-up=1", epsilon: Epsilon(0.05)).loss)
      var network = network
      network.parameters[0] = network.parameters[0] * (1 / factor)
      let experience = Transitions(
        observations: observations * factor, actions: experience.actions, rewards: experience.rewards,
        next: experience.next * factor, discounts: experience.discounts, isFollowed: experience.isFollowed)
      var defense = try recipe.defense(for: network, of: kind, range: 0...factor, seed: 0)
      let term = try #require(
        try defense.term(for: experience, of: network, update: 3, progress: 1, workers: .one))
      let observations = experience.observations
      return term.value(
        network, .init(rows: 0..<6, observations: observations, scores: network(observations))
      )
      .sum().scalar
    }
    let usual = try value(1)
    #expect(usual != 0)
    #expect(abs(try value(4) - usual) < 1e-4 * abs(usual))
  }

  /// What is to be weighed twice as much in the end weighs half of that halfway.
  @Test(arguments: terms.filter { $0.0 != "wocar" })
  func weightsFollowTheirSchedule(_ name: String, _ kind: AgentKind) throws {
    func value(_ weight: String) throws -> Float {
      let plan = try DefensePlan("\(name):warm-up=1:weight=\(weight)", epsilon: Epsilon(0.05))
      let recipe = try #require(plan.loss)
      return try values(recipe, kind, progress: 0.5).sum().scalar
    }
    #expect(abs(try value("0..0.8") - value("0.4")) < 1e-5 * abs(try value("0.4")))
  }

  /// In one dimension the direction of most change is one of two, and for a small size both change the policy alike: the term is the
  /// mean over observations and those that follow, of the policy that is as sharp as its temperature says.
  @Test(arguments: [Float(1), 0.5])
  func virtualAdversarialTermOfOneEntry(_ temperature: Float) throws {
    var random = RandomStream(seed: 5)
    let network = try Network(
      .init(input: [1, 1, 1], layers: [.flatten, .dense(outputs: 3, activation: .identity)]),
      initializer: .kaiming, outputGain: 2, using: &random)
    let (now, next) = (
      random.tensor([6, 1, 1, 1], in: 0.2...0.8), random.tensor([6, 1, 1, 1], in: 0.2...0.8)
    )
    let experience = Transitions(
      observations: now, actions: experience.actions, rewards: experience.rewards, next: next,
      discounts: experience.discounts, isFollowed: experience.isFollowed)
    let size: Float = 0.01
    var defense = try VirtualAdversarialTraining(hardness(Double(size)), temperature: temperature)
      .defense(for: network, of: .dqn, range: 0...1, seed: 0)
    let term = try #require(
      try defense.term(for: experience, of: network, update: 3, progress: 1, workers: .one))
    let found = term.value(network, .init(rows: 0..<6, observations: now, scores: network(now))).sum().scalar
    func change(_ frames: Tensor, _ step: Float) -> Float {
      (network(frames) / temperature).klDivergence(to: network(frames + step) / temperature).sum().scalar
    }
    let expected = [now, next].map { (change($0, size) + change($0, -size)) / 2 }.reduce(0, +) / 2
    #expect(abs(found - expected) < 0.05 * expected, "\(found) \(expected)")
  }

  /// The divergence is the clean policy's from what is found, and not the other way round: in one dimension ascent ends at one of two
  /// points.
  @Test func divergenceIsTheCleanPolicys() throws {
    let network = try Network(
      .init(input: [1, 1, 1], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
      parameters: [Tensor([8, 0], shape: [1, 2]), Tensor([-3, 0])])
    let observations = Tensor([0.3, 0.4, 0.5], shape: [3, 1, 1, 1])
    let experience = Transitions(
      observations: observations, actions: [0, 0, 0], rewards: [0, 0, 0], next: observations,
      discounts: [0, 0, 0], isFollowed: [true, true, true])
    var defense = try SAPPO(hardness(0.2), method: .pgd).defense(
      for: network, of: .ppo, range: 0...1, seed: 0)
    let term = try #require(
      try defense.term(for: experience, of: network, update: 0, progress: 1, workers: .one))
    let scores = network(observations)
    let found = term.value(network, .init(rows: 0..<3, observations: observations, scores: scores)).elements
    // Written out for two actions.
    func divergence(_ first: Double, _ second: Double) -> Double {
      let (p, q) = (1 / (1 + exp(-first)), 1 / (1 + exp(-second)))
      return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))
    }
    for (row, x) in [0.3, 0.4, 0.5].enumerated() {
      let ends = [-0.2, 0.2].map { divergence(8 * x - 3, 8 * (x + $0) - 3) }
      #expect(ends.contains { abs(Double(found[row]) - $0) < 1e-3 }, "\(found[row]) of \(ends)")
    }
  }

  /// RADIAL holds the taken action against the others, not the greedy one; the gaps between the clean values are no part of what is
  /// learned, and the agent's own loss has the rest of the weight.
  @Test func overlapIsThatOfTheTakenAction() throws {
    let box = Surroundings(range: 0...1).box(around: observations, epsilon: 0.1)
    let scores = network(observations)
    let expected = RADIAL.overlap(
      scores, experience.actions, margins: network.intervalMargins(over: box, of: experience.actions)
    ).elements
    #expect(experience.actions != scores.argmax() && expected.contains { $0 > 0 })
    let found = try values(RADIAL(hardness(0.1, weight: 0.25)), .dqn).elements
    for row in 0..<6 { #expect(abs(found[row] - 0.25 * expected[row]) < 1e-5) }
    var defense = try RADIAL(hardness(0.1, weight: 0.25)).defense(
      for: network, of: .dqn, range: 0...1, seed: 0)
    #expect(
      try defense.term(for: experience, of: network, update: 0, progress: 1, workers: .one)?.ownShare == 0.75)

    let leaf = Tensor([3, 1, 2], shape: [1, 3]).tracked()
    let overlap = RADIAL.overlap(leaf, [0], margins: Tensor([0, 0.1, -0.2], shape: [1, 3]))
    #expect(overlap.scalar > 0)
    #expect(overlap.sum().gradientOfSum(at: leaf).elements.allSatisfy { $0 == 0 })
  }

  /// Every update starts somewhere else.
  @Test func startsAreDrawnAnew() {
    let starts = (0..<3).map { startingNoise([2, 3], seed: 1, update: $0).elements }
    #expect(Set(starts).count == 3)
  }

  @Test func worstCaseOfPossibleActions() {
    // Action 1 is proven to be below action 0 in the first row; in the second nothing is proven.
    let pairs = Tensor(
      [0, 0.1, -1, -3, 0, -1, -1, -1, 0] + Array(repeating: -1, count: 9), shape: [2, 3, 3])
    let values = Tensor([2, -5, 1, 2, -5, 1], shape: [2, 3])
    #expect(WocaR.least(values, amongPossible: pairs).elements == [1, -5])
    // Spreads of 7 and 1, whose mean is 4.
    let spread = Tensor([2, -5, 1, 0, 1, 0.5], shape: [2, 3])
    #expect(WocaR.importance(spread).elements == [1.75, 0.25])
  }

  /// In every n-th update the term is n times SA-DQN's or SA-PPO's, each state as heavy as it is important, and between them
  /// nothing, however the batch is shared out.
  @Test(arguments: [AgentKind.dqn, .ppo], [1, 2, 3])
  func importantStatesAreSmooth(_ kind: AgentKind, _ interval: Int) throws {
    let box = Surroundings(range: 0...1).box(around: observations, epsilon: 0.05)
    let scores = network(observations)
    let single =
      kind == .dqn
      ? SADQN.hinge(-network.intervalMargins(over: box, of: scores.argmax()), scores.argmax(), lead: 1)
      : SAPPO.divergenceBound(scores, pairs: network.intervalPairMargins(over: box))
    // Until it has learned, the second network is the policy's.
    let full = 0.7 * Float(interval) * (WocaR.importance(scores) * single).sum().scalar
    var defense = try WocaR(
      hardness(0.05, weight: 0.7), worstWeight: .constant(0), smoothingInterval: interval
    ).defense(for: network, of: kind, range: 0...1, seed: 0)
    func added(_ update: Int, _ shards: [Range<Int>]) throws -> Float {
      let term = try #require(
        try defense.term(for: experience, of: network, update: update, progress: 1, workers: .one))
      return shards.map { term.value(network, shard(network, $0)).sum().scalar }.reduce(0, +)
    }
    for update in [1, 2, 3, 6] {
      let expected = update.isMultiple(of: interval) ? full : 0
      #expect(abs(try added(update, [0..<6]) - expected) <= 1e-4 * abs(expected))
      #expect(abs(try added(update, [0..<1, 1..<6]) - expected) <= 1e-4 * abs(expected))
    }
  }

  /// In a box of almost no size PPO's term is what the worst case is worth under the policy, and counts as a gain. Until it has
  /// learned, the second network is the policy's.
  @Test func worstCaseOfThePolicy() throws {
    var defense = try WocaR(hardness(1e-6), worstWeight: #require(Schedule("0..0.6")))
      .defense(for: network, of: .ppo, range: 0...1, seed: 0)
    let term = try #require(
      try defense.term(for: experience, of: network, update: 2, progress: 0.5, workers: .one))
    let scores = network(observations)
    let found = term.value(network, shard(network)).elements
    let worth = (scores.softmax() * scores).sum(alongAxis: -1).elements
    for row in 0..<6 { #expect(abs(found[row] + 0.3 * worth[row]) < 1e-3) }
  }

  /// Two independent runs of the worst-case network over the same updates agree, as does one that was saved and restored.
  @Test func worstCaseNetworkIsRestored() throws {
    let recipe = WocaR(hardness(0.05))
    var whole = try recipe.defense(for: network, of: .dqn, range: 0...1, seed: 1)
    for update in 0..<3 {
      _ = try whole.term(for: experience, of: network, update: update, progress: 1, workers: .one)
    }
    var resumed = try recipe.defense(for: network, of: .dqn, range: 0...1, seed: 1)
    try resumed.restore(#require(try whole.savedState()))
    func next(_ defense: inout any LossDefense) throws -> [String: Float]? {
      try defense.term(for: experience, of: network, update: 3, progress: 1, workers: .one)?.measures
    }
    #expect(try next(&whole) == next(&resumed))
  }

  /// With no perturbations and one possible action each, the second network learns what greedy play earns: in the two states
  /// of this chain 0.9 · 1 and 1.
  @Test func worstCaseNetworkLearnsTheValueOfThePolicy() throws {
    var random = RandomStream(seed: 3)
    let network = try Network(
      .init(input: [1, 1, 2], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
      initializer: .kaiming, using: &random)
    let states = Tensor([1, 0, 0, 1], shape: [2, 1, 1, 2])
    let chain = Transitions(
      observations: states, actions: network(states).argmax(), rewards: [0, 1],
      next: states.rows(at: [1, 0]),
      discounts: [0.9, 0], isFollowed: [true, true])
    var defense = try WocaR(hardness(1e-6), learningRate: 1e-2)
      .defense(for: network, of: .dqn, range: 0...1, seed: 1)
    var term: LossTerm?
    for update in 0..<3000 {
      term = try defense.term(for: chain, of: network, update: update, progress: 1, workers: .one)
    }
    // The preference holds 0.2 times the values of what follows.
    let following = try #require(term?.preference?.added).elements
    #expect(term?.preference?.share == 0.8)
    let greedy = network(states).argmax()
    #expect(abs(following[greedy[1]] - 0.2 * 1) < 0.01)
    #expect(abs(following[2 + greedy[0]] - 0.2 * 0.9) < 0.01)
  }

  @Test func defensesForOtherAgentsAreRefused() throws {
    var random = RandomStream(seed: 1)
    let recurrent = try Network(
      .init(input: [3, 3, 2], layers: [.flatten, .lstm(units: 3)]), initializer: .kaiming, using: &random)
    func begin(_ recipe: some LossDefenseRecipe, _ kind: AgentKind, _ network: Network) throws {
      _ = try recipe.defense(for: network, of: kind, range: 0...1, seed: 0)
    }
    #expect(throws: ConfigurationError.self) { try begin(SADQN(hardness(0.1)), .ppo, network) }
    #expect(throws: ConfigurationError.self) { try begin(SAPPO(hardness(0.1)), .dqn, network) }
    #expect(throws: ConfigurationError.self) { try begin(RADIAL(hardness(0.1)), .ppo, network) }
    #expect(throws: ConfigurationError.self) { try begin(WocaR(hardness(0.1)), .reinforce, network) }
    #expect(throws: ConfigurationError.self) { try begin(SADQN(hardness(0.1)), .dqn, recurrent) }
    try begin(VirtualAdversarialTraining(hardness(0.1)), .reinforce, network)
  }

  /// Each term's gradient with respect to the parameters by differences.
  @Test(arguments: ["sa-dqn", "radial", "sa-ppo", "sa-dqn:method=pgd", "vat", "wocar"])
  func gradients(_ name: String) throws {
    let kind: AgentKind = name.hasPrefix("sa-ppo") ? .ppo : .dqn
    let recipe = try #require(
      try DefensePlan("\(name):warm-up=1:weight=0.7", epsilon: Epsilon(0.02)).loss)
    var defense = try recipe.defense(for: network, of: kind, range: 0...1, seed: 2)
    let term = try #require(
      try defense.term(for: experience, of: network, update: 0, progress: 1, workers: .one))
    let errors = gradientErrors(
      of: { parameters in
        let changed = try! Network(network.architecture, parameters: parameters)
        // The clean scores are given as they are, on the tape: the whole term's gradient. But RADIAL's gaps between them
        // get none.
        return term.value(changed, shard(name == "radial" ? network : changed))
      }, at: network.parameters, step: 1e-3)
    // Kinks of ReLU and of magnitudes lie within some differences; VAT's first distribution gets no gradient.
    #expect(errors.allSatisfy { $0 < 0.1 }, "\(errors)")
  }
}

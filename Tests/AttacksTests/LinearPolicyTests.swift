import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// On a policy whose scores are linear in the observation the best perturbation of every norm is known in closed form.
///
/// With two actions the loss of leaving action a climbs along w = w_b − w_a, and nothing else: by Hölder's inequality the
/// largest gain within ε is ε·‖w‖₁ under the max norm, ε·‖w‖₂ under L2 and ε·max|w| under L1; and the smallest perturbation
/// that closes a gap f has the size f/‖w‖ in the dual norm.
@Suite struct LinearPolicyTests {
  /// Away from the bounds of the range, which must not bind.
  private let observations = uniform([8, 3, 3, 2], seed: 4) * 0.4 + 0.3

  /// - Parameter lead: what the bias of action 0 adds to its score.
  private func policy(lead: Float) throws -> NetworkPolicy {
    var policy = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [3, 3, 2])
    policy.network.parameters[1] = Tensor([lead, 0])
    return policy
  }

  private func slopes(_ policy: NetworkPolicy, leaving action: Int) -> [Float] {
    let weight = policy.network.parameters[0].elements
    return (0..<18).map { weight[$0 * 2 + 1 - action] - weight[$0 * 2 + action] }
  }

  private func dualNorm(_ slopes: [Float], _ norm: ThreatModel.Norm) -> Float {
    switch norm {
    case .max: slopes.reduce(0) { $0 + abs($1) }
    case .l2: slopes.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .l1: slopes.map(abs).max()!
    }
  }

  /// An attack, a norm that it is made for, and how much of the largest gain it may miss.
  struct Climber: CustomTestStringConvertible {
    let attack: String
    let norm: ThreatModel.Norm
    let slack: Float
    var testDescription: String { "\(attack), \(norm)" }
    init(_ attack: String, _ norm: ThreatModel.Norm, slack: Float = 1e-3) {
      (self.attack, self.norm, self.slack) = (attack, norm, slack)
    }
  }

  static let climbers =
    [
      "fgsm", "fgsm:loss=margin", "bim", "bim:loss=ratio", "mifgsm", "pgd:random-start=no",
      "pgd:step-size=0.1",
    ]
    .flatMap { name in ThreatModel.Norm.allCases.map { Climber(name, $0) } } + [
      // Of a random start's part across the slope, 20 steps of 2.5·ε/n leave 8% under L2.
      Climber("pgd", .max), Climber("pgd", .l2, slack: 0.05), Climber("pgd:restarts=3", .l2, slack: 0.05),
      Climber("adam", .max), Climber("apgd", .max), Climber("apgd:loss=ratio", .max), Climber("apgd", .l2),
      Climber("spsa:samples=64", .max, slack: 0.05), Climber("nes:samples=64", .max, slack: 0.1),
      Climber("nes:samples=64", .l2, slack: 0.2), Climber("square:queries=2000", .max, slack: 0.02),
      Climber("mad", .max), Climber("mad", .l2, slack: 0.05),
      Climber("multitargeted", .max), Climber("multitargeted", .l2, slack: 0.05),
      Climber("worst-action", .max), Climber("worst-action", .l2, slack: 0.05),
      Climber("universal", .max), Climber("universal", .l2), Climber("universal", .l1),
    ]

  /// Where 8 bits are delivered, steps of less than a level add up all the same: by whole levels of the budget each entry moves as
  /// its slope says.
  @Test(arguments: [
    "bim:steps=100", "pgd:steps=100", "mifgsm:steps=100", "adam:steps=100", "apgd", "mad:steps=100",
  ])
  func smallStepsAddUpToLevels(_ attack: String) throws {
    let policy = try policy(lead: 3)
    let observations = Tensor(
      observations.elements.map { ($0 * 255).rounded() / 255 }, shape: observations.shape)
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all, isQuantized: true)
    var random = streams(8)
    let delivered = try Attacker(attack, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random).observations.elements
    let slopes = slopes(policy, leaving: 0)
    for (index, (new, old)) in zip(delivered, observations.elements).enumerated() {
      #expect(abs((new - old) * 255 - (slopes[index % 18] > 0 ? 8 : -8)) < 1e-3)
    }
  }

  /// What is asked about is what will be delivered: with 8 bits no attack takes for a flip what rounding takes back.
  @Test(arguments: [
    "deepfool", "minimal-epsilon", "cw:steps=100:searches=5", "hopskipjump", "pgd:early-stop=yes",
    "nes:samples=20",
  ])
  func whatIsFoundOutlivesRounding(_ attack: String) throws {
    let observations = Tensor(
      observations.elements.map { ($0 * 255).rounded() / 255 }, shape: observations.shape)
    let scores = try policy(lead: 0).scores(for: observations).elements
    let leads = (0..<8).map { scores[$0 * 2] - scores[$0 * 2 + 1] }
    let policy = try policy(lead: 0.1 - leads.min()!)
    let norm: ThreatModel.Norm = attack.hasPrefix("cw") ? .l2 : .max
    let threat = ThreatModel(norm: norm, epsilon: Epsilon(2), frames: .all, isQuantized: true)
    var random = streams(8)
    let delivered = try Attacker(attack, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random).observations
    let actions = policy.scores(for: delivered).argmax()
    #expect(actions.count { $0 == 1 } == 8)
  }

  /// Where the range binds, the largest gain under the L1 norm is that of spending the budget on the entries in the order of
  /// their slopes, as far as each has room: with `fill` one step finds it, small steps nearly so.
  @Test(arguments: [("fgsm:fill=yes", Float(1e-5)), ("bim:steps=200", 0.02), ("pgd:steps=200", 0.02)])
  func spendsTheBudgetWithinTheRange(_ attack: String, _ slack: Float) throws {
    let policy = try policy(lead: 3)
    // Some entries at the very bounds.
    let observations = (uniform([8, 3, 3, 2], seed: 14) * 1.4 - 0.2).clamped(to: 0...1)
    let threat = ThreatModel(norm: .l1, epsilon: Epsilon(1.5), frames: .all)
    var random = streams(8)
    let delivery = try Attacker(attack, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let slopes = slopes(policy, leaving: 0)
    for row in 0..<8 {
      let clean = Array(observations.elements[(row * 18)..<(row * 18 + 18)])
      let changes = zip(delivery.observations.elements[(row * 18)..<(row * 18 + 18)], clean).map(-)
      var (left, best) = (Float(1.5), Float(0))
      for entry in slopes.indices.sorted(by: { abs(slopes[$0]) > abs(slopes[$1]) }) {
        let change = min(left, slopes[entry] > 0 ? 1 - clean[entry] : clean[entry])
        (left, best) = (left - change, best + change * abs(slopes[entry]))
      }
      let gain = zip(changes, slopes).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      #expect(gain > best * (1 - slack) && gain < best * 1.0001, "\(gain) of \(best)")
    }
  }

  /// Action 0 leads by so much that nothing flips, and no attack may stop early.
  @Test(arguments: climbers)
  func reachesTheLargestGain(_ climber: Climber) throws {
    let policy = try policy(lead: 3)
    let threat = ThreatModel(norm: climber.norm, epsilon: Epsilon(0.1), frames: .all)
    var random = streams(8)
    let delivery = try Attacker(
      AttackPlan(climber.attack), against: policy, within: threat,
      learningFrom: Experience(observations: observations, frameChannels: 2)
    ).deliver(observations, frameChannels: 2, using: &random)
    let slopes = slopes(policy, leaving: 0)
    let best = 0.1 * dualNorm(slopes, climber.norm)
    for row in 0..<8 {
      #expect(delivery.cleanActions[row] == 0)
      let changes = (delivery.observations - observations).elements[(row * 18)..<(row * 18 + 18)]
      let gain = zip(changes, slopes).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      #expect(gain > best * (1 - climber.slack) && gain < best * 1.0001, "\(gain) of \(best)")
    }
  }

  /// An attack that looks for the smallest perturbation, and by how much it may exceed it.
  static let closest = [
    Climber("deepfool", .max, slack: 0.021), Climber("deepfool", .l2, slack: 0.021),
    Climber("deepfool", .l1, slack: 0.021), Climber("cw:steps=300:searches=9", .l2, slack: 0.05),
    Climber("minimal-epsilon", .max, slack: 0.05), Climber("minimal-epsilon", .l2, slack: 0.05),
    Climber("minimal-epsilon", .l1, slack: 0.05),
    Climber("hopskipjump:iterations=15:samples=100:early-stop=no", .l2, slack: 0.1),
    Climber("hopskipjump:iterations=15:samples=100:early-stop=no", .max, slack: 0.3),
  ]

  @Test(arguments: closest)
  func findsTheSmallestPerturbation(_ climber: Climber) throws {
    // The lead of action 0 is small everywhere, so that the range does not bind.
    let scores = try policy(lead: 0).scores(for: observations).elements
    let leads = (0..<8).map { scores[$0 * 2] - scores[$0 * 2 + 1] }
    let policy = try policy(lead: 0.02 - leads.min()!)
    let size = climber.norm == .max ? 0.25 : climber.norm == .l2 ? 1 : 3
    let threat = ThreatModel(norm: climber.norm, epsilon: Epsilon(size), frames: .all)
    var random = streams(8)
    let delivery = try Attacker(climber.attack, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let (clean, found) = (
      policy.scores(for: observations), policy.scores(for: delivery.observations).argmax()
    )
    var compared = 0
    for row in 0..<8 {
      let action = delivery.cleanActions[row]
      let slopes = slopes(policy, leaving: action)
      let gap = clean.elements[row * 2 + action] - clean.elements[row * 2 + 1 - action]
      let smallest = gap / dualNorm(slopes, climber.norm)
      // Where entries have to go further than the range reaches, the closed form does not hold.
      let farthest =
        climber.norm == .l2 ? smallest * slopes.map(abs).max()! / dualNorm(slopes, .l2) : smallest
      guard farthest < 0.24 else { continue }
      compared += 1
      #expect(found[row] != action)
      #expect(delivery.sizes[row] >= smallest * 0.999)
      #expect(
        delivery.sizes[row] <= smallest * (1 + climber.slack) + Float(size) / 256,
        "\(delivery.sizes[row]) of \(smallest)")
    }
    #expect(compared > 1)
  }

  /// Where the boundary is near and the entries are many, the first steps cross it whatever the constant: that is not the
  /// constant's merit, and must not send its search to zero.
  @Test func carliniWagnerIsNotMisledByItsFirstSteps() throws {
    let (entries, actions) = (2400, 6)
    var random = RandomStream(seed: 33)
    func draw(_ count: Int, _ scale: Float) -> [Float] {
      (0..<count).map { _ in Float(2 * random.uniform() - 1) * scale }
    }
    var policy = try network(
      [.flatten, .dense(outputs: actions, activation: .identity)], input: [10, 10, 24])
    policy.network.parameters[0] = Tensor(
      draw(entries * actions, 1 / Float(entries).squareRoot()), shape: [entries, actions])
    policy.network.parameters[1] = Tensor(draw(actions, 0.1))
    let observations = Tensor(
      (0..<(16 * entries)).map { _ in Float(random.uniform()) }, shape: [16, 10, 10, 24])

    var draws = streams(16)
    let delivery = try Attacker("cw", against: policy, within: ThreatModel(norm: .l2, epsilon: Epsilon(30)))
      .deliver(observations, frameChannels: 24, using: &draws)
    let (weight, scores) = (
      policy.network.parameters[0].elements, policy.scores(for: observations).elements
    )
    let ratios = (0..<16).map { row -> Float in
      let action = delivery.cleanActions[row]
      let distances = (0..<actions).filter { $0 != action }.map { other -> Float in
        let slopes = (0..<entries).map { weight[$0 * actions + action] - weight[$0 * actions + other] }
        return (scores[row * actions + action] - scores[row * actions + other]) / dualNorm(slopes, .l2)
      }
      return delivery.sizes[row] / distances.min()!
    }
    #expect(ratios.sorted()[8] < 1.02, "\(ratios)")
  }

  /// Of many searches that find nothing the constant would grow until nothing moves.
  @Test func carliniWagnersConstantEnds() throws {
    var draws = streams(1)
    let delivery = try Attacker(
      "cw:steps=2:searches=60", against: linear([[0, 1]], bias: [1000, 0]),
      within: ThreatModel(norm: .l2, epsilon: Epsilon(0.01))
    ).deliver(Tensor([0.5], shape: [1, 1, 1, 1]), frameChannels: 1, using: &draws)
    #expect(delivery.sizes[0] > 0.0099)
  }

  /// What is found leads by the confidence, and by no more than it takes.
  @Test(arguments: [Float(0), 0.2])
  func carliniWagnerLeadsByItsConfidence(_ confidence: Float) throws {
    var draws = streams(1)
    let policy = try linear([[0, 2]], bias: [1.1, 0])
    let delivery = try Attacker(
      "cw:steps=200:searches=9:confidence=\(confidence)", against: policy,
      within: ThreatModel(norm: .l2, epsilon: Epsilon(0.4))
    ).deliver(Tensor([0.5], shape: [1, 1, 1, 1]), frameChannels: 1, using: &draws)
    let lead = policy.scores(for: delivery.observations).margin(over: [0]).scalar
    #expect(lead >= confidence && lead < confidence + 0.05, "\(lead)")
  }

  /// Where the two actions' weights are opposite, the most salient entry is the one of the largest slope.
  @Test func jsmaMovesTheMostSalientEntryFirst() throws {
    var policy = try policy(lead: 3)
    let half = uniform([18], seed: 9) - 0.5
    policy.network.parameters[0] = Tensor(half.elements.flatMap { [$0, -$0] }, shape: [18, 2])
    let threat = ThreatModel(norm: .l1, epsilon: Epsilon(0.1), frames: .all)
    var random = streams(8)
    let delivery = try Attacker("jsma", against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let slopes = slopes(policy, leaving: 0)
    let largest = slopes.indices.max { abs(slopes[$0]) < abs(slopes[$1]) }!
    for row in 0..<8 {
      let changes = Array((delivery.observations - observations).elements[(row * 18)..<(row * 18 + 18)])
      #expect(abs(changes[largest] - (slopes[largest] > 0 ? 0.1 : -0.1)) < 1e-5)
      #expect(changes.count { $0 != 0 } == 1)
    }
  }

  /// A wish for an action beside another wish is still one for that action; and where the budget is spent nothing is asked any more.
  @Test func jsmaKeepsItsTargetAndStopsWhereTheBudgetIsSpent() throws {
    var random = RandomStream(seed: 4)
    let network = try Network(
      .init(input: [3, 3, 2], layers: [.flatten, .dense(outputs: 4, activation: .identity)]),
      initializer: .kaiming, using: &random)
    let policy = ActionValuePolicy(NetworkPolicy(network))
    let threat = ThreatModel(norm: .l1, epsilon: Epsilon(0.2), frames: .all)
    let observations = observations * 0.5 + 0.25
    func delivery(_ goal: Goal) throws -> Attacker.Delivery {
      var own = streams(8)
      return try Attacker(AttackPlan(try AttackChoice("jsma"), goal: goal), against: policy, within: threat)
        .deliver(observations, frameChannels: 2, using: &own)
    }
    let target = try delivery(.reach(2))
    #expect(try delivery(.all([.reach(2), .lowerValue])).observations == target.observations)
    #expect(try delivery(.flip).observations != target.observations)
    // One entry has room for all of the budget: it moves, the next look finds nothing left.
    #expect(target.passes.allSatisfy { $0.backward <= 4 }, "\(target.passes)")
  }

  /// The value is lowered along its own weights: of a linear Q the leading action's, beside an actor the
  /// critic's.
  @Test(arguments: [false, true])
  func theCriticLowersTheValueMost(_ hasCritic: Bool) throws {
    let actor = try policy(lead: 3)
    var critic = try network([.flatten, .dense(outputs: 1, activation: .identity)], input: [3, 3, 2])
    // From the seed alone it would have the weights of action 0.
    critic.network.parameters[0] = uniform([18, 1], seed: 9) - 0.5
    let policy: any Policy =
      hasCritic ? ActorCriticPolicy(actor, critic: critic.network) : ActionValuePolicy(actor)
    let threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
    var random = streams(8)
    let delivery = try Attacker("critic", against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let actors = actor.network.parameters[0].elements
    let weight = hasCritic ? critic.network.parameters[0].elements : (0..<18).map { actors[$0 * 2] }
    for (change, index) in zip((delivery.observations - observations).elements, 0...) {
      #expect(abs(change + (weight[index % 18] > 0 ? 0.1 : -0.1)) < 1e-5)
    }
  }

  /// Targeted, an attack climbs toward the target, and leaves alone nothing else that it may change.
  @Test(arguments: ["fgsm", "bim", "apgd", "fgsm:loss=ratio"])
  func reachesATarget(_ attack: String) throws {
    let policy = try policy(lead: 3)
    let threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
    for target in 0...1 {
      let plan = AttackPlan(try AttackChoice(attack), goal: .reach(target))
      var random = streams(8)
      let delivery = try Attacker(plan, against: policy, within: threat)
        .deliver(observations, frameChannels: 2, using: &random)
      let toward = slopes(policy, leaving: 1 - target)
      for (change, index) in zip((delivery.observations - observations).elements, 0...)
      where attack != "apgd" || target == 1 {
        #expect(abs(change - (toward[index % 18] > 0 ? 0.1 : -0.1)) < 1e-5)
      }
    }
  }
}

import Policies
import RandomStreams
import Tensors

/// An attack on a victim under a threat model: runs the attack, holds what it proposes to the threat model, and checks
/// what is delivered.
public struct Attacker: Sendable {
  /// What the victim gets to see, and what was found on the way.
  public struct Delivery: Sendable {
    /// [batch, height, width, channels], within the threat model.
    public let observations: Tensor
    /// What the victim would have done without the attack.
    public let cleanActions: [Int]
    /// What it would have preferred; nil when it shows no scores.
    public let cleanScores: Tensor?
    /// Where the attack worked.
    public let isAttacked: [Bool]
    /// Where the action itself is to be replaced by another, drawn from those that the policy did not choose.
    public let isFlipped: [Bool]
    /// The size of each perturbation in the threat model's norm.
    public let sizes: [Float]
    /// What the attack asked of the victim, with the clean pass where it knows of it; nothing for frames left alone.
    public let passes: [Passes]
    /// What the victim remembers after it has decided on the clean observations.
    public let memory: Memory
    /// The victim's streams after the same.
    public let random: [RandomStream]
  }

  /// The attack.
  public let attack: any Attack
  /// The policy that is attacked.
  public let victim: any Policy
  /// What the attack may do.
  public let threat: ThreatModel
  /// What it wants.
  public let goal: Goal
  /// When it strikes.
  public let timing: Timing
  /// What was asked of the victim before the first observation, for attacks that learn: the steps of the lesson and what was
  /// asked about them. Nothing where the attack searches on another policy.
  public let learningPasses: Passes
  /// What a person should know before believing a result.
  public let warnings: [String]
  /// What the attack knows of the victim.
  private let knowledge: Knowledge
  /// The attack, if it replaces actions themselves.
  private let flips: ActionFlips?
  private let expectation: Int?
  /// The policy that is searched on, where scores that differ from one look to the next would spoil the attack.
  private let steady: (any Policy)?
  /// Whether actions that are drawn anew at each look spoil the attack.
  private let wantsSteadyActions: Bool
  /// How what the attack proposes is held to the threat model; another way only in tests of the check that follows.
  var projection: @Sendable (Neighborhood, Tensor) -> Tensor = { $0.deliverable($1) }

  /// Checks that the attack changes what the policy sees.
  /// - Parameter consequence: what follows where it replaces actions and leaves observations alone.
  /// - Throws: ``AttackError`` then.
  public func checkChangesObservations(otherwise consequence: String) throws(AttackError) {
    guard !(attack is ActionFlips) else {
      throw AttackError(
        "the attack \"\(ActionFlips.about.name)\" changes actions, not observations: \(consequence)")
    }
  }

  /// - Throws: ``AttackError`` when the attack was made for observations of another shape than this [batch, height, width, channels].
  public func check(fits shape: Shape) throws(AttackError) { try attack.check(fits: shape) }

  /// The one perturbation that it adds to every observation; nil for other attacks.
  public var universalPerturbation: UniversalPerturbation? {
    ((attack as? Transferred)?.attack ?? attack) as? UniversalPerturbation
  }

  /// An attacker with an attack that is not in the catalog. It is left to the attack what it makes of a victim that draws.
  /// - Throws: ``AttackError`` when it needs to know more of the victim than the threat model grants, and when the goal cannot be
  ///   pursued.
  public init(
    _ attack: any Attack, against victim: any Policy, within threat: ThreatModel, goal: Goal = .flip
  ) throws(AttackError) {
    guard attack.needs <= threat.knowledge else {
      throw AttackError(
        "the attack needs to know \(attack.needs), and the threat model grants \(threat.knowledge)")
    }
    try goal.check(on: victim, knowing: attack.needs)
    self.attack = attack
    self.victim = victim
    self.threat = threat
    self.goal = goal
    knowledge = attack.needs
    flips = attack as? ActionFlips
    timing = .everyFrame
    warnings = threat.warning.map { [$0] } ?? []
    learningPasses = Passes()
    expectation = nil
    (steady, wantsSteadyActions) = (nil, false)
  }

  /// The attacker of a name in the catalog, with its parameters: `pgd:steps=20`.
  /// - Throws: ``AttackError`` as for the plan; `SafetensorsError` for a perturbation's file that cannot be read.
  public init(_ attack: String, against victim: any Policy, within threat: ThreatModel) throws {
    try self.init(AttackPlan(attack), against: victim, within: threat)
  }

  /// An attacker that follows a plan.
  ///
  /// - Parameters:
  ///   - surrogate: the policy on which the attack searches, in place of the victim: a transfer attack, which knows of the
  ///     victim its clean action alone. One without memory.
  ///   - experience: what the policy that is searched on lived through, for attacks that learn first.
  ///   - continuing: asked while an attack learns; false ends that with `CancellationError`.
  /// - Throws: ``AttackError`` when the victim or the threat model does not give what the plan needs, or its parts
  ///   contradict one another; `SafetensorsError` for a perturbation's file that cannot be read.
  public init(
    _ plan: AttackPlan, against victim: any Policy, within threat: ThreatModel,
    searchingOn surrogate: (any Policy)? = nil, learningFrom experience: Experience? = nil,
    continuing: @escaping @Sendable () -> Bool = { true }
  ) throws {
    let target = try plan.searchedPolicy(attacking: victim, within: threat, searchingOn: surrogate)
    let names = plan.attack.joinedNames
    // Where nothing is allowed nothing is asked, nor learned.
    let choice = threat.budget > 0 ? plan.attack : try plan.attack.unlearned()
    let bound = try choice.against(
      target, knowing: surrogate == nil ? threat.knowledge : .weights,
      learningFrom: experience.map {
        Lesson(
          $0, within: threat, toward: plan.goal, expectation: plan.expectation, continuing: continuing)
      })
    if surrogate != nil, bound is ActionFlips {
      throw AttackError(
        "the attack \"\(names)\" changes actions and searches on no policy: leave --surrogate out")
    }
    attack =
      surrogate == nil
      ? bound
      : Transferred(
        attack: bound, surrogate: target, knowledge: plan.attack.needs, expectation: plan.expectation ?? 1)
    self.victim = victim
    self.threat = threat
    goal = plan.goal
    timing = plan.timing
    expectation = plan.expectation
    // What a transform hides from gradients, the recording of the clean pass would hide as well.
    knowledge = plan.isStraightThrough ? min(attack.needs, .scores) : attack.needs
    flips = attack as? ActionFlips
    // What has bounds draws nothing.
    steady =
      bound.needs == .weights && plan.expectation == nil && !(target is any BoundedPolicy) ? target : nil
    wantsSteadyActions = bound.needs == .actions && surrogate == nil && plan.expectation == nil
    learningPasses =
      surrogate == nil && choice.learns
      ? (experience?.passes ?? Passes()) + bound.learningPasses : Passes()
    warnings = plan.warnings(under: threat, asking: target)
  }

  /// Attacks a batch of observations that are no part of an episode.
  ///
  /// - Parameters:
  ///   - observations: [batch, height, width, channels].
  ///   - frameChannels: the channels of one frame; the newest frame has the last ones.
  ///   - memory: the victim's; not changed.
  ///   - random: the attack's streams, one an observation.
  ///   - victimRandom: the victim's; not changed.
  /// - Throws: ``AttackError`` as ``deliver(_:frameChannels:memory:turns:using:victimRandom:)``.
  public func deliver(
    _ observations: Tensor, frameChannels: Int, memory: Memory = Memory(), using random: inout [RandomStream],
    victimRandom: [RandomStream] = []
  ) throws -> Delivery {
    // 'Array(repeating:count:)' looks its type up anew in each call, which costs as much as a layer of a small network.
    var turns = Array(repeatElement(Turn(), count: observations.shape[0]))
    return try deliver(
      observations, frameChannels: frameChannels, memory: memory, turns: &turns, using: &random,
      victimRandom: victimRandom)
  }

  /// Attacks a batch, one observation an episode.
  ///
  /// - Parameters:
  ///   - observations: [batch, height, width, channels] as the camera and the stack give them.
  ///   - frameChannels: the channels of one frame; the newest frame has the last ones.
  ///   - memory: the victim's; not changed.
  ///   - turns: how far the attacker is in each episode; goes on by a frame.
  ///   - random: the attack's streams, one an observation.
  ///   - victimRandom: the victim's; not changed.
  /// - Throws: ``AttackError`` when what would be delivered breaks the threat model in spite of the projection, when the
  ///   region or the goal does not fit, and when an attack of the catalog without an expectation meets a victim whose answers
  ///   differ from one look to the next: the scores for a white-box attack, the actions for one that asks for actions alone.
  public func deliver(
    _ observations: Tensor, frameChannels: Int, memory: Memory = Memory(), turns: inout [Turn],
    using random: inout [RandomStream], victimRandom: [RandomStream] = []
  ) throws -> Delivery {
    let count = observations.shape[0]
    precondition(
      turns.count == count && random.count == count, "a turn and a stream for each of \(count) observations")
    try attack.check(fits: observations.shape)
    let neighborhood = try Neighborhood(of: observations, under: threat, frameChannels: frameChannels)
    let decision = Decision(
      on: observations, of: victim, memory: memory, using: victimRandom,
      isRecorded: knowledge == .weights && expectation ?? 1 == 1)
    try check(decision, observations, memory: memory, victimRandom: victimRandom, turns: turns)
    let rows = chosenRows(
      decision, observations, memory: memory, turns: &turns, using: &random)

    var isAttacked = Array(repeatElement(false, count: count))
    for row in rows { isAttacked[row] = true }
    var isFlipped = Array(repeatElement(false, count: count))
    let search: Search
    // With nothing allowed nothing is asked: the clean run, bit for bit.
    if rows.isEmpty || !(threat.budget > 0) {
      search = Search(unchanged: observations)
    } else if let flips {
      for row in rows { isFlipped[row] = flips.flips(using: &random[row]) }
      search = Search(unchanged: observations)
    } else {
      let clean = CleanPass(
        decision,
        drawnActions: knowledge == .actions
          ? decision.drawnActions(
            of: victim, at: observations, memory: memory, before: victimRandom, expectation: expectation ?? 1,
            using: &random) : nil,
        drawnScores: knowledge >= .scores
          ? expectation.flatMap {
            decision.drawnScores(
              of: victim, at: observations, memory: memory, before: victimRandom, expectation: $0,
              using: &random)
          } : nil,
        of: observations, memory: memory, knowledge: knowledge, expectation: expectation ?? 1,
        quantization: threat.quantization)
      search = try self.search(clean, at: rows, within: neighborhood, using: &random)
    }
    try checkShare(search.observations, of: observations, isAttacked: isAttacked, turns: turns)
    return Delivery(
      observations: search.observations, cleanActions: decision.actions,
      cleanScores: decision.scores?.stoppingGradient(), isAttacked: isAttacked, isFlipped: isFlipped,
      sizes: search.sizes, passes: search.passes, memory: decision.memory, random: decision.random)
  }

  /// What the attack made of a batch.
  private struct Search {
    var observations: Tensor
    var sizes: [Float]
    var passes: [Passes]

    init(_ observations: Tensor, sizes: [Float], passes: [Passes]) {
      (self.observations, self.sizes, self.passes) = (observations, sizes, passes)
    }

    init(unchanged observations: Tensor) {
      let count = observations.shape[0]
      self.init(
        observations, sizes: Array(repeating: 0, count: count),
        passes: Array(repeating: Passes(), count: count))
    }
  }

  /// Runs the attack on some rows of a batch; the others stay as they are.
  private func search(
    _ clean: CleanPass, at rows: [Int], within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) throws -> Search {
    if rows.count == clean.count {
      let (projected, sizes) = try perturbation(of: clean, within: neighborhood, using: &random)
      return Search(projected, sizes: sizes, passes: clean.passes)
    }
    var streams = rows.map { random[$0] }
    let (projected, sizes) = try perturbation(
      of: clean.rows(at: rows), within: neighborhood.rows(at: rows), using: &streams)
    let passes = clean.passes
    var search = Search(unchanged: clean.observations)
    search.observations.replaceRows(at: rows, with: projected)
    for (place, row) in rows.enumerated() {
      random[row] = streams[place]
      search.sizes[row] = sizes[place]
      search.passes[row] = passes[row]
    }
    return search
  }

  /// What the attack proposes for observations all of which it attacks, held to the threat model and checked.
  private func perturbation(
    of clean: CleanPass, within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) throws -> (observations: Tensor, sizes: [Float]) {
    let criterion = goal.criterion(for: clean)
    let proposed = attack.perturb(clean, meeting: criterion, within: neighborhood, using: &random)
    guard proposed.shape == neighborhood.center.shape else {
      throw AttackError.violation(of: threat, "the shape changed to \(proposed.shape)")
    }
    let projected = projection(neighborhood, proposed)
    let (sizes, violation) = neighborhood.examination(of: projected)
    if let violation {
      throw AttackError.violation(of: threat, "\(violation)")
    }
    return (projected, sizes)
  }

  /// Checks what is delivered of a batch of which not all may be attacked: who was not chosen is left alone, and nobody was
  /// chosen too often.
  func checkShare(
    _ delivered: Tensor, of observations: Tensor, isAttacked: [Bool], turns: [Turn]
  ) throws(AttackError) {
    guard isAttacked.contains(false) || threat.share < 1 else { return }
    let alone = isAttacked.indices.filter { !isAttacked[$0] }
    if !alone.isEmpty, delivered.rows(at: alone) != observations.rows(at: alone) {
      throw AttackError.violation(of: threat, "an observation changed that was not chosen")
    }
    if let turn = turns.first(where: { $0.attacked > threat.attackableFrames(of: $0.frames) }) {
      throw AttackError.violation(of: threat, "\(turn.attacked) of \(turn.frames) frames were attacked")
    }
  }

  /// The observations that are attacked: those that the timing chooses among those that the share allows.
  private func chosenRows(
    _ decision: Decision, _ observations: Tensor, memory: Memory, turns: inout [Turn],
    using random: inout [RandomStream]
  ) -> [Int] {
    let signals = signals(decision, observations, memory: memory, using: &random)
    var rows: [Int] = []
    rows.reserveCapacity(turns.count)
    for row in turns.indices
    where turns[row].takesFrame(at: timing, signal: signals?[row], within: threat, using: &random[row]) {
      rows.append(row)
    }
    return rows
  }

  /// What the timing looks at: the preference's gap, or the value; nil where it looks at nothing.
  private func signals(
    _ decision: Decision, _ observations: Tensor, memory: Memory, using random: inout [RandomStream]
  ) -> [Double]? {
    switch timing {
    case .everyFrame, .every, .random: return nil
    case .strategic:
      guard let scores = decision.scores?.stoppingGradient() else {
        return Array(repeating: 0, count: observations.shape[0])
      }
      let probabilities = scores.softmax()
      return (probabilities.max() - probabilities.min()).elements.map(Double.init)
    case .valueGuided:
      guard let victim = victim as? any ValuingPolicy else {
        preconditionFailure("checked when the attacker was made")
      }
      var (memory, streams) = (memory, random)
      return victim.values(of: observations, memory: &memory, using: &streams).elements.map(Double.init)
    }
  }

  private func check(
    _ decision: Decision, _ observations: Tensor, memory: Memory, victimRandom: [RandomStream], turns: [Turn]
  ) throws {
    if let scores = decision.scores { try goal.check(ofActions: scores.shape[1]) }
    if wantsSteadyActions, decision.random != victimRandom {
      throw AttackError(
        "the policy draws its actions, and an attack that asks for actions alone takes each draw for an answer: let it ask "
          + "for the most frequent of several (--expectation 25)")
    }
    guard let steady, let first = turns.first, first.frames == 0 else { return }
    guard steady.hasSteadyScores(on: observations, memory: attack is Transferred ? Memory() : memory) else {
      throw AttackError.unsteadyScores(of: attack is Transferred ? "surrogate" : "policy")
    }
  }
}

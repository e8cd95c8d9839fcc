import Attacks
import Environments
import Foundation
import Policies
import RandomStreams
import Tensors

/// The line that everything else serves, many environments in lockstep:
///
///     environment ─frame─▶ stack ─observation─▶ attacker ─what the agent sees─▶ policy ─action─▶ environment
///
/// Agents collect from it, Evaluation counts it, Display watches it. A value: a copy is a snapshot.
public struct Rollout: Sendable {
  /// One step of the lanes that were running.
  public struct Step: Sendable {
    /// The lanes that made the step; all that follows has one row or element for each.
    public let lanes: [Int]
    /// The observations before the attack.
    public let clean: Tensor
    /// The observations that the agent saw.
    public let delivered: Tensor
    /// What the policy remembered when it saw them.
    public let memory: Memory
    /// What the agent did.
    public let actions: [Int]
    /// What its policy would have chosen without the attack; when there is none, what it chose, which exploration may have
    /// replaced.
    public let cleanActions: [Int]
    /// What came of it.
    public let outcomes: [Outcome]
    /// The observations after the step, not yet attacked; for an episode that ended, its last.
    public let next: Tensor
  }

  /// What a policy chooses: given what the agent sees, an action a row.
  public typealias Choose = (
    _ seen: Tensor, _ memory: inout Memory, _ random: inout [RandomStream]
  ) throws -> [Int]

  /// How a policy's choice becomes the action: given the lanes and the choices, the actions. Exploration sits here.
  public typealias Decide = (_ lanes: [Int], _ chosen: [Int]) -> [Int]

  /// The environments.
  public private(set) var environments: any VectorEnvironment
  /// What each lane's agent sees.
  public private(set) var stack: FrameStack
  /// What the policy remembers in each lane; after an episode's last step, until the next starts, what it remembered then.
  public private(set) var memory = Memory()
  /// Each lane's episode so far, or its last when it is not running.
  public private(set) var records: [EpisodeRecord]
  /// Whether each lane is within an episode.
  public private(set) var isRunning: [Bool]
  private var turns: [Turn]
  private var attackRandom: [RandomStream]
  private var policyRandom: [RandomStream]
  private var outcomes: [Outcome]
  /// Room for a frame on its way to the stack.
  private var frame: [Float]

  /// Lanes that have not started.
  /// - Parameter frames: how many frames an observation holds.
  public init(_ environments: any VectorEnvironment, frames: Int) {
    let lanes = environments.count
    self.environments = environments
    stack = FrameStack(lanes: lanes, frame: environments.observationSpace, frames: frames)
    records = Array(repeating: EpisodeRecord(), count: lanes)
    isRunning = Array(repeating: false, count: lanes)
    turns = Array(repeating: Turn(), count: lanes)
    attackRandom = (0..<lanes).map { _ in RandomStream(seed: 0, stream: .attack) }
    policyRandom = (0..<lanes).map { _ in RandomStream(seed: 0, stream: .policy) }
    outcomes = Array(repeating: Outcome(reward: 0, ending: nil), count: lanes)
    frame = Array(repeating: 0, count: environments.observationSpace.count)
  }

  /// All that steps change: environments, stacks, memory, records and generators.
  public struct State: Codable, Sendable {
    fileprivate let environments: Data
    fileprivate let observations: Tensor
    fileprivate let memory: Memory
    fileprivate let records: [EpisodeRecord]
    fileprivate let turns: [Turn]
    fileprivate let isRunning: [Bool]
    fileprivate let attackRandom: [RandomStream]
    fileprivate let policyRandom: [RandomStream]
  }

  /// What ``restore(_:)`` needs to go on from here, bit for bit.
  /// - Throws: what the encoder throws for an environment whose state cannot be encoded.
  public func savedState() throws -> State {
    State(
      environments: try environments.savedState(), observations: stack.observations, memory: memory,
      records: records, turns: turns, isRunning: isRunning, attackRandom: attackRandom,
      policyRandom: policyRandom)
  }

  /// Goes on where a rollout of the same environments was.
  /// - Throws: `DecodingError` for the state of other environments.
  public mutating func restore(_ state: State) throws {
    let counts = [
      state.records.count, state.turns.count, state.isRunning.count, state.attackRandom.count,
      state.policyRandom.count,
    ]
    guard state.observations.shape == stack.observations.shape, counts.allSatisfy({ $0 == count }) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: [], debugDescription: "a rollout of \(state.observations.shape) and \(counts) lanes"))
    }
    try environments.restore(state.environments)
    stack.restore(state.observations)
    memory = state.memory
    records = state.records
    turns = state.turns
    isRunning = state.isRunning
    attackRandom = state.attackRandom
    policyRandom = state.policyRandom
  }

  /// The number of lanes.
  public var count: Int { records.count }

  /// Starts an episode from its seed: the environment's generator is seeded with it, attack and policy get streams of
  /// their own from it.
  public mutating func start(_ lane: Int, seed: UInt64) {
    environments.reset(lane, seed: seed)
    attackRandom[lane] = RandomStream(seed: seed, stream: .attack)
    policyRandom[lane] = RandomStream(seed: seed, stream: .policy)
    begin(lane, EpisodeRecord(seed: seed))
  }

  /// Starts an episode that goes on with the lane's generators.
  public mutating func restart(_ lane: Int) {
    environments.reset(lane)
    begin(lane, EpisodeRecord())
  }

  private mutating func begin(_ lane: Int, _ record: EpisodeRecord) {
    records[lane] = record
    turns[lane] = Turn()
    isRunning[lane] = true
    memory.clear(lane)
    Self.observe(environments, lane, into: &frame)
    stack.start(lane, with: frame)
  }

  private static func observe(
    _ environments: any VectorEnvironment, _ lane: Int, into frame: inout [Float]
  ) {
    var span = frame.mutableSpan
    environments.observe(lane, into: &span)
  }

  /// Makes one step in every running lane.
  ///
  /// - Parameters:
  ///   - policy: what decides.
  ///   - attacker: what stands between, with this policy as its victim; nil for none.
  ///   - decide: turns choices into actions; by default they are the same.
  /// - Throws: `AttackError` when the threat model is violated.
  public mutating func step(
    _ policy: any Policy, attacker: Attacker? = nil, decide: Decide = { $1 }
  ) throws -> Step {
    try step(
      attacker: attacker, keepsCleanDecisions: true,
      choosing: { seen, memory, random in policy.act(on: seen, memory: &memory, using: &random) },
      decide: decide)
  }

  /// Makes one step in every running lane, for those who want more of a policy than its choice.
  ///
  /// - Parameters:
  ///   - attacker: what stands between; nil for none.
  ///   - choose: the policy's choice, given what it sees and remembers.
  /// - Throws: `AttackError` when the threat model is violated.
  public mutating func step(attacker: Attacker? = nil, choosing choose: Choose) throws -> Step {
    try step(attacker: attacker, keepsCleanDecisions: false, choosing: choose, decide: { $1 })
  }

  /// - Parameter keepsCleanDecisions: whether what the attacker's victim decided on a frame that is left alone is what
  ///   `choose` would choose.
  private mutating func step(
    attacker: Attacker?, keepsCleanDecisions: Bool, choosing choose: Choose, decide: Decide
  ) throws -> Step {
    let lanes = isRunning.indices.filter { isRunning[$0] }
    precondition(!lanes.isEmpty, "no lane is running")
    let all = lanes.count == count
    let clean = all ? stack.observations : stack.observations.rows(at: lanes)
    let remembered = all ? memory : memory.rows(at: lanes)
    var random = all ? policyRandom : lanes.map { policyRandom[$0] }
    var memory = remembered
    let delivery = try attacker.map { attacker in
      try deliver(clean, by: attacker, to: lanes, memory: remembered, policyRandom: random)
    }
    let seen = delivery?.observations ?? clean
    var chosen: [Int]
    if let delivery, keepsCleanDecisions {
      chosen = try decisions(on: delivery, memory: &memory, random: &random, by: choose)
    } else {
      chosen = try choose(seen, &memory, &random)
    }
    if let delivery { flip(&chosen, where: delivery.isFlipped, lanes: lanes) }
    for (row, lane) in lanes.enumerated() { policyRandom[lane] = random[row] }
    if all { self.memory = memory } else { self.memory.replace(at: lanes, of: count, with: memory) }
    let actions = decide(lanes, chosen)

    if all {
      environments.step(actions, running: nil, outcomes: &outcomes)
    } else {
      var spread = [Int](repeating: 0, count: count)
      for (row, lane) in lanes.enumerated() { spread[lane] = actions[row] }
      environments.step(spread, running: isRunning, outcomes: &outcomes)
    }

    for (row, lane) in lanes.enumerated() {
      Self.observe(environments, lane, into: &frame)
      stack.push(lane, frame)
      records[lane].episodeReturn += Double(outcomes[lane].reward)
      records[lane].length += 1
      if let delivery {
        records[lane].count(delivery, row: row, chosen: chosen[row], wanted: attacker?.goal.actions ?? [])
      }
      if outcomes[lane].ending != nil { isRunning[lane] = false }
    }
    return Step(
      lanes: lanes, clean: clean, delivered: seen, memory: remembered, actions: actions,
      cleanActions: delivery?.cleanActions ?? chosen,
      outcomes: all ? outcomes : lanes.map { outcomes[$0] },
      next: all ? stack.observations : stack.observations.rows(at: lanes))
  }

  /// Attacks the observations of some lanes, and writes the newest frame back where it is what was attacked.
  private mutating func deliver(
    _ clean: Tensor, by attacker: Attacker, to lanes: [Int], memory: Memory, policyRandom: [RandomStream]
  ) throws -> Attacker.Delivery {
    var attacking = lanes.map { attackRandom[$0] }
    var turns = lanes.map { self.turns[$0] }
    let delivery = try attacker.deliver(
      clean, frameChannels: stack.frame.channels, memory: memory, turns: &turns, using: &attacking,
      victimRandom: policyRandom)
    for (row, lane) in lanes.enumerated() {
      (attackRandom[lane], self.turns[lane]) = (attacking[row], turns[row])
    }
    if attacker.threat.frames == .newest { stack.writeBack(delivery.observations, lanes: lanes) }
    return delivery
  }

  /// The policy's choice on what was delivered: frames that the attacker left alone were decided on the clean pass.
  private func decisions(
    on delivery: Attacker.Delivery, memory: inout Memory, random: inout [RandomStream], by choose: Choose
  ) rethrows -> [Int] {
    let changed = delivery.sizes.indices.filter { delivery.sizes[$0] > 0 }
    let count = delivery.sizes.count
    if changed.count == count { return try choose(delivery.observations, &memory, &random) }
    var chosen = delivery.cleanActions
    guard !changed.isEmpty else {
      (memory, random) = (delivery.memory, delivery.random)
      return chosen
    }
    var (ownMemory, ownRandom) = (memory.rows(at: changed), changed.map { random[$0] })
    let own = try choose(delivery.observations.rows(at: changed), &ownMemory, &ownRandom)
    (memory, random) = (delivery.memory, delivery.random)
    memory.replace(at: changed, of: count, with: ownMemory)
    for (place, row) in changed.enumerated() { (chosen[row], random[row]) = (own[place], ownRandom[place]) }
    return chosen
  }

  /// Replaces actions by others, each alike, drawn from the attack's streams.
  private mutating func flip(_ actions: inout [Int], where isFlipped: [Bool], lanes: [Int]) {
    let others = environments.actions.count - 1
    for (row, lane) in lanes.enumerated() where isFlipped[row] && others > 0 {
      let draw = attackRandom[lane].index(below: others)
      actions[row] = draw < actions[row] ? draw : draw + 1
    }
  }
}

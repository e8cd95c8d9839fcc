import Attacks
import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

private func victim(_ definition: EnvironmentDefinition, frames: Int) throws -> NetworkPolicy {
  let space = definition.observationSpace
  var random = RandomStream(seed: 11)
  return NetworkPolicy(
    try Network(
      .init(
        input: [space.height, space.width, space.channels * frames],
        layers: [.flatten, .dense(outputs: definition.actions.count, activation: .identity)]),
      initializer: .orthogonal, using: &random))
}

/// Plays one episode a lane and gives all that was seen and done.
private func play(
  _ id: String, lanes: Int = 3, frames: Int = 2, attack: (name: String, threat: ThreatModel)? = nil
) throws -> (steps: [Rollout.Step], records: [EpisodeRecord]) {
  let definition = try catalog.definition(for: id)
  let policy = ActionValuePolicy(try victim(definition, frames: frames))
  let attacker = try attack.map { attack in
    try Attacker(
      AttackPlan(attack.name), against: policy, within: attack.threat,
      learningFrom: Experience(
        of: policy, in: definition.makeVector(count: 1), frames: frames, seed: 9, limit: 4))
  }
  var rollout = Rollout(definition.makeVector(count: lanes), frames: frames)
  for lane in 0..<lanes { rollout.start(lane, seed: UInt64(100 + lane)) }
  var steps: [Rollout.Step] = []
  while rollout.isRunning.contains(true) { steps.append(try rollout.step(policy, attacker: attacker)) }
  return (steps, rollout.records)
}

@Suite struct RolloutTests {
  @Test(arguments: repositoryIDs)
  func sameSeedsSameEpisodes(_ id: String) throws {
    let (first, second) = (try play(id), try play(id))
    #expect(first.records == second.records)
    #expect(first.steps.map(\.actions) == second.steps.map(\.actions))
  }

  /// Every environment with one attack, every attack in one environment.
  static let pairs =
    repositoryIDs.map { ($0, "fgsm") } + AttackCatalog.names.map { ("breakout-v1", quick[$0] ?? $0) }
  /// What learns first needs not learn well.
  static let quick = ["universal": "universal:steps=2", "robust-sarsa": "robust-sarsa:updates=2"]

  @Test(arguments: pairs)
  func epsilonZeroIsTheCleanRunBitForBit(_ id: String, _ attack: String) throws {
    let clean = try play(id)
    let attacked = try play(id, attack: (attack, ThreatModel(epsilon: Epsilon(0))))
    #expect(clean.steps.map(\.actions) == attacked.steps.map(\.actions))
    #expect(clean.steps.map { $0.delivered.elements } == attacked.steps.map { $0.delivered.elements })
    #expect(clean.records.map(\.episodeReturn) == attacked.records.map(\.episodeReturn))
    #expect(attacked.records.allSatisfy { $0.flips == 0 && $0.unchangedFrames == $0.attackedFrames })
  }

  /// With the newest frame attacked, the older half of the next observation is the newest half of this one as delivered.
  @Test func theStackHoldsWhatTheAgentSaw() throws {
    let threat = ThreatModel(epsilon: Epsilon(16, over: 255))
    let steps = try play("catch-v1", lanes: 1, attack: ("fgsm", threat)).steps
    #expect(steps.count > 3)
    for (before, after) in zip(steps, steps.dropFirst()) {
      #expect(before.delivered.slice(1..<2, alongAxis: -1) == after.clean.slice(0..<1, alongAxis: -1))
      #expect(before.delivered != before.clean)
      #expect(after.clean.slice(0..<1, alongAxis: -1) == after.delivered.slice(0..<1, alongAxis: -1))
    }
  }

  /// With all frames attacked anew at each step, nothing of the attack stays.
  @Test func attackingAllFramesLeavesTheStackClean() throws {
    let threat = ThreatModel(epsilon: Epsilon(16, over: 255), frames: .all)
    let steps = try play("catch-v1", lanes: 1, attack: ("fgsm", threat)).steps
    for (before, after) in zip(steps, steps.dropFirst()) {
      #expect(before.clean.slice(1..<2, alongAxis: -1) == after.clean.slice(0..<1, alongAxis: -1))
    }
  }

  /// Two lanes of different lengths: a lane that has ended takes no further part.
  @Test func recordsCountWhatHappened() throws {
    let threat = ThreatModel(epsilon: Epsilon(16, over: 255))
    let (steps, records) = try play("lava-bridge-v1", attack: ("noise", threat))
    for lane in records.indices {
      let own = steps.compactMap { step in step.lanes.firstIndex(of: lane).map { (step, $0) } }
      #expect(records[lane].length == own.count)
      #expect(records[lane].attackedFrames == own.count)
      #expect(records[lane].flips == own.count { $0.actions[$1] != $0.cleanActions[$1] })
      #expect(
        abs(records[lane].episodeReturn - own.reduce(0) { $0 + Double($1.0.outcomes[$1.1].reward) }) < 1e-6)
      #expect(records[lane].largestPerturbation <= threat.budget + 1e-6)
      #expect(records[lane].largestPerturbation > threat.budget * 0.9)
      #expect(own.last.map { $0.outcomes[$1].ending != nil } == true)
      #expect(own.dropLast().allSatisfy { $0.outcomes[$1].ending == nil })
    }
  }

  @Test func aCopyIsASnapshot() throws {
    let definition = try catalog.definition(for: "catch-v1")
    let policy = try victim(definition, frames: 1)
    var rollout = Rollout(definition.makeVector(count: 2), frames: 1)
    for lane in 0..<2 { rollout.start(lane, seed: UInt64(lane)) }
    _ = try rollout.step(policy)
    var copy = rollout
    let before = rollout.stack.observations
    let first = try copy.step(policy)
    #expect(rollout.stack.observations == before)
    #expect(try rollout.step(policy).next == first.next)
  }

  /// Each frame gets noise of its own.
  @Test func noiseIsDrawnAnewForEachFrame() throws {
    let threat = ThreatModel(epsilon: Epsilon(16, over: 255))
    let steps = try play("catch-v1", lanes: 1, frames: 1, attack: ("noise", threat)).steps
    let noise = steps.map { ($0.delivered - $0.clean).elements }
    for (one, next) in zip(noise, noise.dropFirst()) { #expect(one != next) }
  }

  /// What a policy draws does not depend on whether it is attacked.
  @Test func anAttackLeavesThePolicysDrawsAlone() throws {
    let definition = try catalog.definition(for: "catch-v1")
    let policy = SampledPolicy(try victim(definition, frames: 1))
    func actions(_ attacker: Attacker?) throws -> [[Int]] {
      var rollout = Rollout(definition.makeVector(count: 3), frames: 1)
      for lane in 0..<3 { rollout.start(lane, seed: UInt64(lane)) }
      var actions: [[Int]] = []
      while rollout.isRunning.contains(true) {
        actions.append(try rollout.step(policy, attacker: attacker).actions)
      }
      return actions
    }
    let harmless = try Attacker("noise", against: policy, within: ThreatModel(epsilon: Epsilon(0)))
    #expect(try actions(harmless) == actions(nil))
  }

  /// A policy that remembers, with weights so large that what it remembers decides.
  private func recurrent(_ definition: EnvironmentDefinition) throws -> NetworkPolicy {
    let space = definition.observationSpace
    var random = RandomStream(seed: 12)
    var network = try Network(
      .init(
        input: [space.height, space.width, space.channels],
        layers: [
          .flatten, .dense(outputs: 8, activation: .tanh), .lstm(units: 6),
          .dense(outputs: definition.actions.count, activation: .identity),
        ]), initializer: .orthogonal, using: &random)
    network.parameters = network.parameters.map { $0 * 3 + random.tensor($0.shape, in: -0.5...0.5) }
    return NetworkPolicy(network)
  }

  private func actions(
    _ id: String, seeds: [[UInt64]], attacker: Attacker? = nil
  ) throws -> (actions: [[Int]], records: [EpisodeRecord]) {
    let definition = try catalog.definition(for: id)
    let policy = try recurrent(definition)
    var rollout = Rollout(definition.makeVector(count: seeds.count), frames: 1)
    var actions: [[Int]] = Array(repeating: [], count: seeds.count)
    for episode in seeds[0].indices {
      for lane in seeds.indices { rollout.start(lane, seed: seeds[lane][episode]) }
      while rollout.isRunning.contains(true) {
        let step = try rollout.step(policy, attacker: attacker)
        for (row, lane) in step.lanes.enumerated() { actions[lane].append(step.actions[row]) }
      }
    }
    return (actions, rollout.records)
  }

  /// Lanes of different lengths, two episodes each: what a lane remembers is its own, and each episode starts anew.
  @Test(arguments: repositoryIDs)
  func memoryIsTheLanesOwnAndResetAtEnds(_ id: String) throws {
    let seeds: [[UInt64]] = [[1, 2], [3, 4], [5, 6]]
    let together = try actions(id, seeds: seeds).actions
    for lane in seeds.indices {
      let apart = try seeds[lane].map { try actions(id, seeds: [[$0]]).actions[0] }
      #expect(together[lane] == apart.flatMap(\.self))
    }
  }

  /// What is remembered decides: the same frames with the memory emptied lead to other actions.
  @Test func memoryMatters() throws {
    let definition = try catalog.definition(for: "catch-v1")
    let policy = try recurrent(definition)
    var rollout = Rollout(definition.makeVector(count: 8), frames: 1)
    for lane in 0..<8 { rollout.start(lane, seed: UInt64(lane)) }
    var differs = false
    while rollout.isRunning.contains(true) {
      let step = try rollout.step(policy)
      #expect(policy.scores(for: step.clean, memory: step.memory).argmax() == step.actions)
      differs = differs || policy.scores(for: step.clean).argmax() != step.actions
    }
    #expect(differs)
  }

  /// The attack's victim remembers what the policy remembers: with nothing changed, nothing flips.
  @Test(arguments: pairs)
  func theVictimRemembersWhatThePolicyDoes(_ id: String, _ attack: String) throws {
    let definition = try catalog.definition(for: id)
    let victim = ActionValuePolicy(try recurrent(definition))
    let experience = try Experience(
      of: victim, in: definition.makeVector(count: 1), frames: 1, seed: 9, limit: 3)
    let harmless = try Attacker(
      AttackPlan(attack), against: victim, within: ThreatModel(epsilon: Epsilon(0)),
      learningFrom: experience)
    let seeds: [[UInt64]] = [[1], [2], [3]]
    let (attacked, clean) = (
      try actions(id, seeds: seeds, attacker: harmless), try actions(id, seeds: seeds)
    )
    #expect(attacked.actions == clean.actions)
    #expect(attacked.records.allSatisfy { $0.flips == 0 })
  }

  /// Frames that the attacker leaves alone are decided on the clean pass: the same as deciding anew, memory included.
  @Test(arguments: ["catch-v1", "door-key-5x5-v1"])
  func framesLeftAloneAreDecidedOnce(_ id: String) throws {
    let definition = try catalog.definition(for: id)
    let policy = try recurrent(definition)
    let plan = AttackPlan(try AttackChoice("noise"), timing: .random(0.5))
    let attacker = try Attacker(plan, against: policy, within: ThreatModel(epsilon: Epsilon(0.5)))
    var (once, anew) = (
      Rollout(definition.makeVector(count: 4), frames: 1), Rollout(definition.makeVector(count: 4), frames: 1)
    )
    for lane in 0..<4 {
      once.start(lane, seed: UInt64(lane))
      anew.start(lane, seed: UInt64(lane))
    }
    while once.isRunning.contains(true) {
      let step = try once.step(policy, attacker: attacker)
      let other = try anew.step(
        attacker: attacker,
        choosing: { seen, memory, random in policy.act(on: seen, memory: &memory, using: &random) })
      #expect(step.actions == other.actions)
      #expect(step.delivered == other.delivered)
    }
    #expect(once.records == anew.records)
    #expect(
      once.records.allSatisfy { $0.attackedFrames < $0.length }
        && once.records.contains { $0.attackedFrames > 0 })
  }
}

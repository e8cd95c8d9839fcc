import Attacks
import Environments
import Episodes
@testable import Evaluation
import Networks
import Policies
import RandomStreams
import Synchronization
import TestSupport
import Tensors
import Testing

@Suite struct EvaluationTests {
  private func evaluation(_ episodes: Int, seed: UInt64 = 4) throws -> (Evaluation, NetworkPolicy) {
    let catalog = try repositoryCatalog()
    let definition = try catalog.definition(for: "catch-v1")
    let space = definition.observationSpace
    var random = RandomStream(seed: 8)
    let network = try Network(
      .init(
        input: [space.height, space.width, space.channels],
        layers: [.flatten, .dense(outputs: 3, activation: .identity)]), initializer: .orthogonal,
      using: &random)
    return (
      Evaluation(environment: definition, frames: 1, seed: seed, episodes: episodes), NetworkPolicy(network)
    )
  }

  private let threat = ThreatModel(epsilon: Epsilon(32, over: 255))

  @Test(arguments: AttackCatalog.names)
  func threadsDoNotChangeTheResult(_ attack: String) throws {
    let (evaluation, network) = try evaluation(70)
    let policy = ActionValuePolicy(network)
    let opposition = try Evaluation.Opposition(
      attack: Self.quick[attack].map { "\(attack):\($0)" } ?? attack, threat: threat)
    let one = try evaluation.run(policy, against: opposition)
    let two = try evaluation.run(policy, against: opposition, workers: Workers(threads: 2))
    #expect(one.episodes == two.episodes)
    #expect(one.episodes.count == 70)
  }

  /// Parameters small enough for a test.
  private static let quick = [
    "apgd": "steps=5", "cw": "steps=5:searches=2", "minimal-epsilon": "steps=2:bisections=2",
    "spsa": "steps=2:samples=2", "nes": "steps=2:samples=2", "square": "queries=10",
    "hopskipjump": "iterations=2:samples=4:attempts=3", "universal": "steps=5",
    "robust-sarsa": "updates=5:steps=3",
    "jsma": "entries=3",
  ]

  /// Both summaries by hand: an attacker who may choose for each episode does at least as well as one who may not.
  @Test func worstCasesAreThoseOfTheEpisodes() throws {
    func result(_ returns: [Double]) -> Evaluation.Result {
      Evaluation.Result(
        episodes: returns.enumerated().map { index, value in
          var record = EpisodeRecord(seed: UInt64(index))
          record.episodeReturn = value
          return record
        })
    }
    let worst = Evaluation.worstCase(of: [result([1, 5, 3]), result([4, 0, 4]), result([9, 9, 9])])
    #expect(worst.meanOfMinima == 4.0 / 3)
    #expect(worst.minimumOfMeans == 8.0 / 3)
    #expect(worst.strongest == 1)
    let seeds = Evaluation.overTrainingSeeds(
      [result([1, 3]), result([2, 2]), result([0, 8]), result([6, 6]), result([3, 3])], seed: 1)
    #expect(seeds.means == [2, 2, 4, 6, 3])
    #expect(seeds.interquartileMean == 3)
    #expect(seeds.interval.map { $0.lowerBound >= 2 && $0.upperBound < 6 } == true)
    #expect(Evaluation.overTrainingSeeds([result([1]), result([2])], seed: 1).interval == nil)
  }

  /// Rates are of the frames that were attacked, not of all.
  @Test func ratesAreOfAttackedFrames() {
    var record = EpisodeRecord()
    (record.length, record.attackedFrames, record.flips, record.reaches) = (10, 4, 2, 1)
    let result = Evaluation.Result(episodes: [record, EpisodeRecord()])
    #expect(result.flipRate == 0.5 && result.reachRate == 0.25 && result.attackedShare == 0.4)
    let nothing = Evaluation.Result(episodes: [EpisodeRecord()])
    #expect(nothing.flipRate == nil && nothing.reachRate == nil && nothing.attackedShare == 0)
  }

  /// By hand: what leaves more than it should, and what the comparison is with.
  @Test func surprisesAreNamed() throws {
    func entry(
      _ attack: String?, _ size: Double?, _ returns: [Double], flips: Int = 0, passes: Int = 0,
      isTransferred: Bool = false, attackedFrames: Int = 10
    ) -> Surprise.Entry {
      .init(
        attack: attack, size: size, knowledge: attack == "square" ? .scores : .weights,
        isTransferred: isTransferred,
        result: Evaluation.Result(
          episodes: (returns + returns).enumerated().map { index, value in
            var record = EpisodeRecord(seed: UInt64(index))
            record.episodeReturn = value
            (record.length, record.attackedFrames, record.flips) = (
              10, attack == nil ? 0 : attackedFrames, flips
            )
            record.passes = Passes(forward: passes)
            return record
          }))
    }
    let surprises = Surprise.among(
      [
        entry(nil, nil, [1, 2, 3, 4]), entry("fgsm", 0.1, [2, 3, 4, 5], flips: 2),
        entry("fgsm", 0.2, [0, 1, 1, 2], flips: 4), entry("pgd", 0.2, [0, 9, 0, 1], flips: 4),
        entry("fgsm", 0.4, [1, 2, 2, 3], flips: 6, passes: 20),
        // More passes and fewer flips: weaker than it should be. More passes of less knowledge: not comparable.
        entry("pgd", 0.4, [2, 3, 3, 4], flips: 5, passes: 200),
        entry("square", 0.4, [3, 4, 4, 5], flips: 1, passes: 900),
      ], seed: 1)
    #expect(
      surprises.map { "\($0.kind.rawValue): \($0.more) beside \($0.less)" } == [
        "more than clean: 1 beside 0", "more than a weaker attack: 3 beside 2",
        "more than a smaller epsilon: 4 beside 2", "more than clean: 5 beside 0",
        "more than a smaller epsilon: 5 beside 3", "more than a weaker attack: 5 beside 4",
        "more than clean: 6 beside 0",
      ])
    #expect(surprises.map(\.difference) == [1, 1.5, 1, 0.5, 0.5, 1, 1.5])
    #expect(surprises.map(\.isBeyondChance) == [true, false, true, true, false, true, true])
    #expect(surprises[0].interval == 1...1)
    // Found on another policy, neither asks this one anything: the flips alone tell which is the stronger.
    let transferred = [
      entry("fgsm", 0.4, [2, 3, 3, 4], flips: 5, isTransferred: true),
      entry("pgd", 0.4, [1, 2, 2, 3], flips: 6, isTransferred: true),
      entry("bim", 0.4, [4, 4, 4, 5], flips: 7, isTransferred: true),
    ]
    // Each next one flips less, and tries less hard: that it leaves more is as it should be. The last flips all of the few frames that it
    // attacks.
    let weaker = [
      entry("fgsm", 0.4, [1, 2, 2, 3], flips: 6, passes: 20),
      entry("pgd", 0.4, [2, 3, 3, 4], flips: 5, passes: 10),
      entry("bim", 0.4, [4, 4, 4, 5], flips: 4, passes: 2, attackedFrames: 4),
    ]
    #expect(Surprise.among(weaker, seed: 1).isEmpty)
    #expect(
      Surprise.among(transferred, seed: 1).map { "\($0.kind.rawValue): \($0.more) beside \($0.less)" } == [
        "more than a weaker attack: 2 beside 1"
      ])
  }

  /// A policy that draws its actions is attacked as it plays: with epsilon 0 it draws as it does without an attack.
  @Test func sampledPoliciesDrawTheSameWithoutAPerturbation() throws {
    let (evaluation, network) = try evaluation(40)
    let policy = SampledPolicy(network)
    let clean = try evaluation.run(policy)
    #expect(clean.returns != (try evaluation.run(network).returns))
    let nothing = ThreatModel(epsilon: Epsilon(0))
    #expect(
      try evaluation.run(policy, against: .init(attack: "fgsm", threat: nothing)).returns == clean.returns)
    // Scores are steady: a gradient needs no expectation.
    let attacked = try evaluation.run(policy, against: .init(attack: "fgsm", threat: threat))
    #expect(try #require(attacked.flipRate) > 0.1)
  }

  /// On itself as a surrogate a policy is attacked as it is without; on another one less.
  @Test func attacksSearchOnTheSurrogate() throws {
    let (evaluation, policy) = try evaluation(20)
    var other = policy
    other.network.parameters[0] = other.network.parameters[0] * -1
    for attack in ["fgsm", "universal:steps=5"] {
      let opposition = try Evaluation.Opposition(attack: attack, threat: threat)
      let direct = try evaluation.run(policy, against: opposition)
      let same = try evaluation.run(policy, against: opposition, searchingOn: policy)
      #expect(same.returns == direct.returns)
      let astray = try evaluation.run(policy, against: opposition, searchingOn: other)
      #expect(astray.returns != direct.returns)
    }
  }

  /// Keeps the streams that it is given: the seed of an episode shows in them.
  private final class Witness: DifferentiablePolicy {
    let base: NetworkPolicy
    private let seen = Mutex<Set<RandomStream>>([])
    var streams: Set<RandomStream> { seen.withLock { $0 } }

    init(_ base: NetworkPolicy) { self.base = base }

    func scores(
      for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
    ) -> Tensor {
      let streams = random
      seen.withLock { $0.formUnion(streams) }
      return base.scores(for: observations, memory: &memory, using: &random)
    }
  }

  @Test func whatIsLearnedComesFromOtherEpisodes() throws {
    let (evaluation, policy) = try evaluation(5)
    let witness = Witness(policy)
    let evaluated = Set((4..<9).map { RandomStream(seed: $0, stream: .policy) })
    _ = try evaluation.attacker(.init(attack: "universal:steps=5", threat: threat), against: witness)
    #expect(witness.streams.count >= 16 && witness.streams.isDisjoint(with: evaluated))
    _ = try evaluation.run(witness)
    #expect(witness.streams.isSuperset(of: evaluated))
  }

  @Test func whatIsLearnedIsTheSameEachTime() throws {
    let (evaluation, policy) = try evaluation(5)
    let opposition = try Evaluation.Opposition(attack: "universal:steps=5", threat: threat)
    let first = try evaluation.run(policy, against: opposition)
    #expect(try evaluation.run(policy, against: opposition).episodes == first.episodes)
    #expect(first.largestPerturbation > threat.budget * 0.99)
    // What it learned, it does not ask for again: five times 64 observations, as they were and changed, and what it took to
    // live through the lesson.
    #expect(first.episodes.allSatisfy { $0.passes == Passes() })
    #expect(first.passes.backward == 5 * 64)
    #expect((1...2063).contains(first.passes.forward - 2 * 5 * 64))
  }

  /// What ships plays as its model card says, on the card's seeds.
  @Test(arguments: [("catch-v1-dqn", 1.0, -1.0), ("catch-v1-dqn-adversarial", 1.0, nil)])
  func shippedPoliciesPlayAsTheirCardsSay(_ name: String, _ clean: Double, _ attacked: Double?) throws {
    let file = try PolicyFile(
      contentsOf: PolicyFile.locate(name, policies: repository.appendingPathComponent("Policies")))
    let catalog = try repositoryCatalog()
    let evaluation = Evaluation(
      environment: try catalog.definition(for: "catch-v1"), frames: file.description.frames, seed: 0,
      episodes: 200)
    #expect(try evaluation.run(file.policy).mean == clean)
    guard let attacked else { return }
    #expect(try evaluation.run(file.policy, against: .init(attack: "fgsm", threat: threat)).mean == attacked)
  }

  /// Episode k starts from the same seed in every cell, so that cells are paired.
  @Test func episodesArePairedAndSeeded() throws {
    let (evaluation, policy) = try evaluation(5)
    #expect(try evaluation.run(policy).episodes.map(\.seed) == [4, 5, 6, 7, 8])
    // More than the lanes that step together.
    #expect(try self.evaluation(70).0.run(policy).episodes.map(\.seed) == (4..<74).map { UInt64($0) })
    let shifted = try self.evaluation(4, seed: 5).0
    #expect(try shifted.run(policy).returns == Array(evaluation.run(policy).returns.dropFirst()))
  }

  @Test func countsAreThoseOfTheEpisodes() throws {
    let (evaluation, policy) = try evaluation(10)
    let clean = try evaluation.run(policy)
    #expect(clean.flipRate == nil)
    #expect(clean.attackedFrames == 0)
    let attacked = try evaluation.run(policy, against: .init(attack: "fgsm", threat: threat))
    #expect(attacked.attackedFrames == attacked.frames)
    #expect(attacked.largestPerturbation <= threat.budget + 1e-6)
    let flips = attacked.episodes.reduce(0) { $0 + $1.flips }
    #expect(attacked.flipRate == Double(flips) / Double(attacked.frames))
    #expect(attacked.interval(seed: 1)?.contains(attacked.mean) == true)
  }

  /// Noise does not aim: whatever action it is asked for, the episodes are the same, and each of their frames reaches one.
  @Test func everyAttackedFrameReachesOneAction() throws {
    let (evaluation, policy) = try evaluation(10)
    func reaches(_ goal: Goal) throws -> Evaluation.Result {
      let plan = AttackPlan(try AttackChoice("noise"), goal: goal)
      return try evaluation.run(policy, against: .init(plan, threat: threat))
    }
    #expect(try reaches(.flip).reachRate == nil)
    let results = try (0..<3).map { try reaches(.reach($0)) }
    #expect(Set(results.map(\.returns)).count == 1)
    let counts = results.map { $0.episodes.reduce(0) { $0 + ($1.reaches ?? 0) } }
    #expect(counts.allSatisfy { $0 > 0 })
    #expect(counts.reduce(0, +) == results[0].attackedFrames)
    #expect(results[1].reachRate == Double(counts[1]) / Double(results[1].attackedFrames))
  }
}

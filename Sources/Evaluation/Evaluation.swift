import Attacks
import Environments
import Episodes
import Policies
import RandomStreams
import Tensors

/// Many episodes of one policy, clean or under attack, counted.
public struct Evaluation: Sendable {
  /// The attack of an evaluation: a plan under a threat model.
  public struct Opposition: Hashable, Sendable {
    /// What is done.
    public let plan: AttackPlan
    /// What is allowed.
    public let threat: ThreatModel

    /// A plan under a threat model.
    public init(_ plan: AttackPlan, threat: ThreatModel) {
      self.plan = plan
      self.threat = threat
    }

    /// An attack of the catalog, with its parameters (`pgd:steps=20`), under a threat model.
    /// - Throws: `AttackError` for a name or a parameter that does not exist.
    public init(attack: String, threat: ThreatModel) throws {
      self.init(try AttackPlan(attack), threat: threat)
    }
  }

  /// What an evaluation found.
  public struct Result: Sendable {
    /// The episodes in the order of their seeds.
    public let episodes: [EpisodeRecord]
    /// What the attack asked of its victim before the first of them, to learn.
    public let learningPasses: Passes

    /// What some episodes found.
    public init(episodes: [EpisodeRecord], learningPasses: Passes = Passes()) {
      self.episodes = episodes
      self.learningPasses = learningPasses
    }

    /// The returns in the order of the seeds.
    public var returns: [Double] { episodes.map(\.episodeReturn) }
    /// The mean return.
    public var mean: Double { Statistics.mean(returns) }
    /// The mean of the middle half of the returns.
    public var interquartileMean: Double { Statistics.interquartileMean(returns) }
    /// Attacked frames on which the attack changed the action.
    public var flips: Int { episodes.reduce(0) { $0 + $1.flips } }
    /// Their share of the attacked frames; nil when none was attacked.
    public var flipRate: Double? { attackedFrames == 0 ? nil : Double(flips) / Double(attackedFrames) }
    /// The share of attacked frames on which the agent did what the attack wants; nil when it wants no action in particular.
    public var reachRate: Double? {
      let reaches = episodes.compactMap(\.reaches)
      return reaches.isEmpty ? nil : Double(reaches.reduce(0, +)) / Double(attackedFrames)
    }
    /// Frames on which the attacker worked.
    public var attackedFrames: Int { episodes.reduce(0) { $0 + $1.attackedFrames } }
    /// Attacked frames that reached the agent unchanged.
    public var unchangedFrames: Int { episodes.reduce(0) { $0 + $1.unchangedFrames } }
    /// The share of all frames on which the attacker worked.
    public var attackedShare: Double { frames == 0 ? 0 : Double(attackedFrames) / Double(frames) }
    /// What the attacker asked of its victim, in the episodes and before.
    public var passes: Passes { episodes.reduce(learningPasses) { $0 + $1.passes } }
    /// All frames.
    public var frames: Int { episodes.reduce(0) { $0 + $1.length } }
    /// The largest perturbation delivered, in the norm of the threat model.
    public var largestPerturbation: Float { episodes.map(\.largestPerturbation).max() ?? 0 }

    /// A 95% bootstrap interval of the mean return, over episodes: it speaks of this policy, not of its training. Nil for
    /// fewer than five episodes.
    public func interval(seed: UInt64) -> ClosedRange<Double>? {
      Statistics.bootstrapInterval(returns, seed: seed)
    }

    /// A 95% bootstrap interval of the interquartile mean, over episodes. Nil for fewer than five.
    public func interquartileInterval(seed: UInt64) -> ClosedRange<Double>? {
      Statistics.bootstrapInterval(returns, of: Statistics.interquartileMean, seed: seed)
    }
  }

  /// Lanes that step together. Fixed, so that results do not depend on the number of threads.
  static let lanes = 64

  /// The environment.
  public let environment: EnvironmentDefinition
  /// Frames in an observation.
  public let frames: Int
  /// The first episode's seed; the others follow, the same in every evaluation: results are paired.
  public let seed: UInt64
  /// How many episodes.
  public let episodes: Int

  /// An evaluation.
  /// - Precondition: at least one episode.
  public init(environment: EnvironmentDefinition, frames: Int, seed: UInt64, episodes: Int) {
    precondition(episodes > 0, "an evaluation needs episodes")
    self.environment = environment
    self.frames = frames
    self.seed = seed
    self.episodes = episodes
  }

  /// Plays all episodes.
  ///
  /// - Parameters:
  ///   - policy: what is evaluated.
  ///   - opposition: what attacks it; nil for a clean evaluation.
  ///   - surrogate: the policy on which the attack searches; nil for the one that is evaluated.
  ///   - workers: threads over groups of episodes.
  ///   - continuing: asked before every step of a group and at its end, with the number of its episodes that have ended since;
  ///     false ends the evaluation with `CancellationError`.
  /// - Throws: `AttackError` when the attack does not suit the policy or breaks the threat model, `SafetensorsError` for a
  ///   perturbation's file that cannot be read; `CancellationError`.
  public func run(
    _ policy: any Policy, against opposition: Opposition? = nil, searchingOn surrogate: (any Policy)? = nil,
    workers: Workers = .one, continuing: @escaping @Sendable (_ endedEpisodes: Int) -> Bool = { _ in true }
  ) throws -> Result {
    let attacker = try opposition.map {
      try self.attacker($0, against: policy, searchingOn: surrogate, continuing: { continuing(0) })
    }
    let records = try workers.map(shardsOf: episodes, shardSize: Self.lanes) { episodes in
      var rollout = rollout(of: episodes)
      var ended = 0
      while rollout.isRunning.contains(true) {
        guard continuing(ended) else { throw CancellationError() }
        let step = try rollout.step(policy, attacker: attacker)
        ended = step.outcomes.count { $0.ending != nil }
      }
      guard continuing(ended) else { throw CancellationError() }
      return rollout.records
    }
    return Result(
      episodes: records.flatMap { $0 }, learningPasses: attacker?.learningPasses ?? Passes())
  }

  /// Some of the episodes at their start, a lane each.
  func rollout(of episodes: Range<Int>) -> Rollout {
    var rollout = Rollout(environment.makeVector(count: episodes.count), frames: frames)
    for (lane, episode) in episodes.enumerated() { rollout.start(lane, seed: seed &+ UInt64(episode)) }
    return rollout
  }

  /// The attacker of an opposition. An attack that learns first learns from episodes of its own seeds, those of the policy on
  /// which it searches.
  /// - Throws: `AttackError` when it does not suit the policy, `SafetensorsError` for a perturbation's file that cannot be read;
  ///   `CancellationError` when `continuing` says no.
  public func attacker(
    _ opposition: Opposition, against policy: any Policy, searchingOn surrogate: (any Policy)? = nil,
    continuing: @escaping @Sendable () -> Bool = { true }
  ) throws -> Attacker {
    try Attacker(
      opposition.plan, against: policy, within: opposition.threat, searchingOn: surrogate,
      learningFrom: opposition.threat.budget > 0
        ? experience(for: opposition, against: policy, searchingOn: surrogate, continuing: continuing) : nil,
      continuing: continuing)
  }

  /// What an opposition's attack learns from, whatever its size; nil for one that learns nothing.
  func experience(
    for opposition: Opposition, against policy: any Policy, searchingOn surrogate: (any Policy)? = nil,
    continuing: () -> Bool
  ) throws -> Experience? {
    guard opposition.plan.attack.learns else { return nil }
    _ = try opposition.plan.searchedPolicy(
      attacking: policy, within: opposition.threat, searchingOn: surrogate)
    var random = RandomStream(seed: seed, stream: .attack)
    var experience = try Experience(
      of: surrogate ?? policy, in: environment.makeVector(count: Self.lessonEpisodes), frames: frames,
      seed: random.next(), limit: Self.lessonSteps, continuing: continuing)
    experience.seed = seed
    return experience
  }

  /// How much an attack that learns gets to see before the run: the episodes side by side, the steps of all of them together.
  private static let (lessonEpisodes, lessonSteps) = (16, 2048)
}

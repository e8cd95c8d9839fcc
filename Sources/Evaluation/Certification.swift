import Attacks
import Environments
import Episodes
import Networks
import Policies
import RandomStreams
import Tensors

/// How much of what a policy does is proven to withstand any perturbation of a size: the share of frames whose action no
/// attack under the max norm can change, by interval bounds and by linear bounds, or by the votes of a smoothed policy.
public struct Certification: Sendable {
  /// What was found for one size.
  public struct Row: Sendable {
    /// The size.
    public let epsilon: Epsilon
    /// The frames of the clean episodes.
    public let frames: Int
    /// Frames whose action interval bounds prove; 0 for votes.
    public let certifiedByIntervals: Int
    /// Frames whose action is proven: by interval or linear bounds, or by votes.
    public let certified: Int
    /// For each clean episode whether all of its frames are certified.
    public let isWholeEpisodeCertified: [Bool]
    /// The same episodes under the attack; nil when none was asked for.
    public let attacked: Evaluation.Result?
    /// The share of the clean episodes' frames whose action is proven, 0 to 1.
    public var rate: Double { frames == 0 ? 0 : Double(certified) / Double(frames) }

    /// What no attack can bring the mean return below: an episode whose frames are all certified earns what it earned clean,
    /// another one at least the lowest return that there is. A statement on attacks on all frames of a stack where an
    /// observation holds several.
    public func certifiedReturn(of clean: Evaluation.Result, lowest: Double) -> Double {
      Statistics.mean(
        zip(isWholeEpisodeCertified, clean.returns).map { $0 ? max($1, lowest) : lowest })
    }
  }

  /// What was found.
  public struct Result: Sendable {
    /// The episodes without an attack.
    public let clean: Evaluation.Result
    /// One row a size, smallest first.
    public let rows: [Row]
  }

  /// The draws by which a vote is certified, for each frame.
  public static let draws = 1000
  /// With what probability a vote's certificate may be wrong, for each frame.
  public static let voteError = 0.001

  /// Episodes that step together: few, because certificates take longer than steps.
  private static let lanes = 8

  /// What is played: environment, frames in an observation, seed and number of episodes.
  public let evaluation: Evaluation
  /// What may change: sizes apart, the threat model.
  public let threat: ThreatModel
  /// The sizes, smallest first.
  public let epsilons: [Epsilon]
  /// The attack that the certificates are held against; nil for none.
  public let attack: AttackPlan?

  /// A certification.
  /// - Parameter threat: of the max norm.
  public init(_ evaluation: Evaluation, threat: ThreatModel, epsilons: [Epsilon], attack: AttackPlan? = nil) {
    precondition(threat.norm == .max, "bounds are over boxes: certificates are under the max norm")
    self.evaluation = evaluation
    self.threat = threat
    self.epsilons = epsilons.sorted { $0.value < $1.value }
    self.attack = attack
  }

  /// Plays the episodes clean and certifies every frame as the policy saw it; plays them again under the attack at every
  /// size, where the attack must not have changed a certified action.
  ///
  /// A frame that is not certified at a size is not tried at the larger ones.
  ///
  /// - Parameters:
  ///   - workers: threads over groups of episodes.
  ///   - continuing: asked after every step of a group, with the number of steps that it made; false ends the run with
  ///     `CancellationError`.
  /// - Throws: `NetworkError` when no bounds cover the network, ``CertificationError`` when the attack changed a certified
  ///   action, `AttackError`.
  public func run(
    _ policy: any ScoringPolicy, workers: Workers = .one,
    continuing: @escaping @Sendable (Int) -> Bool = { _ in true }
  ) throws -> Result {
    let method = try Method(for: policy)
    // An attack that this policy does not admit is found before anything is played.
    let attackers = try attack.map { plan in
      let lesson = try evaluation.experience(
        for: .init(plan, threat: threat), against: policy, continuing: { continuing(0) })
      return try epsilons.map { size in
        try attacker(plan, size, against: policy, learningFrom: lesson, continuing: { continuing(0) })
      }
    }
    let cleanGroups = try workers.map(shardsOf: evaluation.episodes, shardSize: Self.lanes) { episodes in
      var rollout = evaluation.rollout(of: episodes)
      var counts = epsilons.map { _ in Counts(lanes: episodes.count) }
      var random = episodes.map { RandomStream(seed: evaluation.seed, stream: .evaluation, index: $0) }
      while rollout.isRunning.contains(true) {
        let step = try rollout.step(policy)
        try certify(step, by: method, random: &random, into: &counts)
        guard continuing(step.lanes.count) else { throw CancellationError() }
      }
      return (records: rollout.records, counts: counts)
    }
    let clean = Evaluation.Result(episodes: cleanGroups.flatMap(\.records))
    let rows = try epsilons.indices.map { index in
      let counts = cleanGroups.map { $0.counts[index] }
      return Row(
        epsilon: epsilons[index], frames: clean.frames,
        certifiedByIntervals: counts.reduce(0) { $0 + $1.byIntervals },
        certified: counts.reduce(0) { $0 + $1.byAny },
        isWholeEpisodeCertified: counts.flatMap(\.isWhole),
        attacked: try attackers.map {
          try attacked(policy, by: $0[index], method: method, workers: workers, continuing: continuing)
        })
    }
    return Result(clean: clean, rows: rows)
  }

  /// By what a policy is certified.
  public enum Method: Sendable {
    /// By interval bounds, and by linear bounds where they cover the network.
    case bounds(any BoundedPolicy, usesLinearBounds: Bool)
    /// By draws.
    case votes(any VotingPolicy)

    /// The method for a policy.
    /// - Throws: `NetworkError` when no bounds cover the network, ``CertificationError`` when there is no certificate for such
    ///   a policy.
    public init(for policy: any ScoringPolicy) throws {
      if let voting = policy as? any VotingPolicy {
        self = .votes(voting)
      } else if let bounded = policy as? any BoundedPolicy {
        let architecture = bounded.network.architecture
        try architecture.checkIntervalBounds()
        self = .bounds(
          bounded, usesLinearBounds: (try? architecture.checkLinearBounds()) != nil)
      } else {
        throw CertificationError(
          .unavailable, "there are no certificates for a policy behind these defenses together")
      }
    }
  }

  private struct Counts {
    var byIntervals = 0
    var byAny = 0
    var isWhole: [Bool]

    init(lanes: Int) { isWhole = Array(repeating: true, count: lanes) }
  }

  private func certify(
    _ step: Rollout.Step, by method: Method, random: inout [RandomStream], into counts: inout [Counts]
  ) throws {
    var rows = Array(step.lanes.indices)
    // A vote's radius is the same for every size.
    var radii: [Float?] = []
    if case .votes(let policy) = method {
      var streams = step.lanes.map { random[$0] }
      radii = policy.certifiedRadii(
        at: step.clean, actions: step.actions, samples: Self.draws, error: Self.voteError, using: &streams)
      for (row, lane) in step.lanes.enumerated() { random[lane] = streams[row] }
    }
    for index in epsilons.indices {
      if !rows.isEmpty {
        let isAll = rows.count == step.lanes.count
        let observations = isAll ? step.clean : step.clean.rows(at: rows)
        let box = box(around: observations, epsilons[index])
        let byIntervals: [Bool]
        let byAny: [Bool]
        switch method {
        case .bounds where epsilons[index].value == 0:
          // What is delivered is the frame itself, whose action was taken; bounds that allow for rounding may not see it.
          byAny = Array(repeating: true, count: rows.count)
          byIntervals = byAny
        case .bounds(let policy, let usesLinearBounds):
          (byIntervals, byAny) = policy.certified(
            rows.map { step.actions[$0] }, over: box, usesLinearBounds: usesLinearBounds)
        case .votes:
          let distances = box.farthest(from: observations)
          byAny = zip(rows, distances).map { row, distance in radii[row].map { distance < $0 } ?? false }
          byIntervals = Array(repeating: false, count: rows.count)
        }
        counts[index].byIntervals += byIntervals.count(where: \.self)
        counts[index].byAny += byAny.count(where: \.self)
        rows = zip(rows, byAny).filter(\.1).map(\.0)
      }
      let held = Set(rows)
      for (row, lane) in step.lanes.enumerated() where !held.contains(row) {
        counts[index].isWhole[lane] = false
      }
    }
  }

  private func attacker(
    _ plan: AttackPlan, _ epsilon: Epsilon, against policy: any ScoringPolicy,
    learningFrom lesson: Experience?, continuing: @escaping @Sendable () -> Bool
  ) throws -> Attacker {
    var threat = threat
    threat.epsilon = epsilon
    let attacker = try Attacker(
      plan, against: policy, within: threat, learningFrom: lesson, continuing: continuing)
    try attacker.checkChangesObservations(otherwise: "no certificate speaks of it")
    return attacker
  }

  private func attacked(
    _ policy: any ScoringPolicy, by attacker: Attacker, method: Method, workers: Workers,
    continuing: @escaping @Sendable (Int) -> Bool
  ) throws -> Evaluation.Result {
    let epsilon = attacker.threat.epsilon
    let records = try workers.map(shardsOf: evaluation.episodes, shardSize: Self.lanes) { episodes in
      var rollout = evaluation.rollout(of: episodes)
      while rollout.isRunning.contains(true) {
        let lengths = rollout.records.map(\.length)
        let step = try rollout.step(policy, attacker: attacker)
        let flipped = step.lanes.indices.filter { step.actions[$0] != step.cleanActions[$0] }
        // A vote over a few draws may differ from its limit, which is what was certified.
        if case .bounds(let policy, let usesLinearBounds) = method, !flipped.isEmpty {
          let (_, certified) = policy.certified(
            flipped.map { step.cleanActions[$0] },
            over: box(around: step.clean.rows(at: flipped), epsilon), usesLinearBounds: usesLinearBounds)
          if let first = zip(flipped, certified).first(where: \.1)?.0 {
            let lane = step.lanes[first]
            throw CertificationError(
              .broken,
              "\(attack.map { "\($0)" } ?? "") at epsilon \(epsilon) changed a certified action: step \(lengths[lane]) of the episode with seed "
                + "\(evaluation.seed &+ UInt64(episodes.lowerBound + lane)); the bounds or the attacker are wrong"
            )
          }
        }
        guard continuing(step.lanes.count) else { throw CancellationError() }
      }
      return rollout.records
    }
    return Evaluation.Result(episodes: records.flatMap { $0 })
  }

  /// All that the threat model may deliver around some observations, what it forgives included.
  func box(around observations: Tensor, _ epsilon: Epsilon) -> Bounds {
    var threat = threat
    threat.epsilon = epsilon
    let channels = observations.shape[-1]
    let fixed = threat.frames == .newest ? channels - channels / evaluation.frames : 0
    let (low, high) = (threat.range.lowerBound, threat.range.upperBound)
    // The tolerance twice: the attacker checks a difference that was itself rounded.
    let radius = threat.budget > 0 ? threat.budget + 2 * Neighborhood.tolerance : 0
    func moved(by change: Float) -> Tensor {
      observations.withElements { clean in
        Tensor(shape: observations.shape) { bound in
          for index in clean.indices {
            let (value, isFixed) = (clean[index], index % channels < fixed)
            // An observation outside of the range may stay where it is.
            bound[index] =
              isFixed
              ? value
              : change < 0 ? min(value, max(value + change, low)) : max(value, min(value + change, high))
          }
        }
      }
    }
    return Bounds(lower: moved(by: -radius), upper: moved(by: radius))
  }
}

extension Bounds {
  /// The Euclidean distance of each observation's farthest corner.
  fileprivate func farthest(from observations: Tensor) -> [Float] {
    maximum(upper - observations, observations - lower).flattened().squared().sum(alongAxis: -1)
      .squareRoot().elements
  }
}

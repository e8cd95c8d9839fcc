import Attacks
import Episodes
import Policies
import Tensors

/// The checks that an attack must pass before the robustness that it seems to show is believed.
///
/// A gradient attack that finds nothing may have met a robust policy, or one that hides its gradients. The panel attacks one
/// policy in ways that have to agree if the attack is sound (Carlini et al. 2019, "On Evaluating Adversarial Robustness",
/// section 5; Athalye, Carlini & Wagner 2018, section 3.1) and says where they do not.
///
/// Attacks are compared on the same frames: a few from each of many episodes that the policy plays undisturbed. Episodes
/// are the unit of every interval. A check is red only when the whole 95% interval is beyond its margin.
public struct Panel: Sendable {
  /// What the panel found.
  public struct Report: Sendable {
    /// The attack that was checked, which checks and verdict call pgd: PGD up the cross-entropy and, on frames that it does not
    /// flip, up the margin.
    public let plan: AttackPlan
    /// What it was allowed.
    public let threat: ThreatModel
    /// Frames on which attacks were compared.
    public let frames: Int
    /// Episodes from which they come, and over which returns are means.
    public let episodes: Int
    /// The share of frames on which the attack changes the action; nil when it cannot be made.
    public let flipRate: Double?
    /// What was looked at, in a fixed order.
    public let checks: [Check]

    /// The worst of all.
    public var status: Check.Status { checks.map(\.status).max() ?? .amber }

    /// What follows from it, for people.
    public var verdict: String {
      let flips = flipRate.map { "pgd changes the action on \(Int(($0 * 100).rounded()))% of the frames" }
      return switch status {
      case .green: "green: no sign of a weak attack; \(flips ?? "")"
      case .amber: "amber: believe it with the reservations above; \(flips ?? "")"
      case .red: "red: do not call this policy robust: what the attack fails to do, another may"
      }
    }
  }

  /// The environment and the episodes.
  public let evaluation: Evaluation
  /// What the attack may do to a frame; to check it takes full knowledge.
  public let threat: ThreatModel
  /// Steps of a start of PGD.
  public let steps: Int
  /// Starts of PGD, for each of its two losses.
  public let restarts: Int
  /// Draws of noise for each frame.
  public let tries: Int
  /// Questions that Square may ask for each frame.
  public let queries: Int
  /// Frames kept of each episode.
  public let framesPerEpisode: Int
  /// Draws that a stochastic policy's answers are averaged over; nil for a policy that draws nothing.
  public let expectation: Int?
  /// Whether a transform without gradient is taken for the identity on the way back.
  public let isStraightThrough: Bool
  /// Another policy to craft examples on; nil for a copy taught by the policy's answers alone.
  public let surrogate: (any Policy)?

  /// A share of the frames that does not matter: how much weaker the attack that should be stronger may be.
  static let margin = 0.02

  /// A panel.
  /// - Precondition: all counts are positive; the evaluation has enough episodes for an interval, which are five.
  public init(
    _ evaluation: Evaluation, within threat: ThreatModel, steps: Int = 20, restarts: Int = 2,
    tries: Int = 100,
    queries: Int = 200, framesPerEpisode: Int = 4, expectation: Int? = nil, isStraightThrough: Bool = false,
    surrogate: (any Policy)? = nil
  ) {
    precondition(
      [steps, restarts, tries, queries, framesPerEpisode, expectation ?? 1].allSatisfy { $0 > 0 },
      "counts must be positive")
    precondition(
      evaluation.episodes >= Statistics.fewestForInterval, "a panel of too few episodes for an interval")
    var threat = threat
    threat.knowledge = .weights
    self.evaluation = evaluation
    self.threat = threat
    self.steps = steps
    self.restarts = restarts
    self.tries = tries
    self.queries = queries
    self.framesPerEpisode = framesPerEpisode
    self.expectation = expectation
    self.isStraightThrough = isStraightThrough
    self.surrogate = surrogate
  }

  /// Runs all checks.
  ///
  /// - Parameters:
  ///   - policy: what is attacked.
  ///   - workers: threads over groups of frames and of episodes; they never change the result.
  ///   - progress: told after each stage how many of how many are done.
  ///   - continuing: asked often; false ends the run with `CancellationError`.
  /// - Throws: `AttackError` when the threat model does not fit the observations; `CancellationError`.
  public func run(
    _ policy: any Policy, workers: Workers = .one, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    continuing: @escaping @Sendable () -> Bool = { true }
  ) throws -> Report {
    let sample = try FrameSample(
      from: policy, in: evaluation, framesPerEpisode: framesPerEpisode, workers: workers,
      continuing: continuing)
    let bench = Bench(
      panel: self, policy: policy, sample: sample, workers: workers, continuing: continuing)
    let plan = try plan(times: 1)

    let frames = try bench.framesAndNeighbors()
    let look = Bench.Look(of: policy, at: frames)
    var stages: [(Bench) throws -> [Check]] = [{ $0.stability(of: look, at: frames) }]
    var flipRate: Double?
    do {
      let strength = try Strength(of: plan, on: bench)
      flipRate = strength.flipRate
      stages += [{ try $0.gradients(after: strength) }] + strength.stages
    } catch let error as AttackError where !error.isViolation {
      // A threat model that fits no observation is the caller's error, not the policy's.
      _ = try Neighborhood(of: sample.observations, under: threat, frameChannels: sample.frameChannels)
      stages.append { try $0.withoutWhiteBox(because: error) }
    }
    stages.append { try $0.independence(since: look, at: frames) }
    var checks: [Check] = []
    progress(1, stages.count + 1)
    for (index, stage) in stages.enumerated() {
      checks += try stage(bench)
      progress(index + 2, stages.count + 1)
    }
    return Report(
      plan: plan, threat: threat, frames: sample.count, episodes: evaluation.episodes, flipRate: flipRate,
      checks: checks)
  }

  /// PGD with the panel's steps and starts, both as often as asked.
  func plan(times factor: Int) throws -> AttackPlan {
    try ascent(steps: steps * factor, restarts: restarts * factor)
  }

  /// PGD up the cross-entropy and, on frames that it does not flip, up the margin: where scores differ little on the
  /// softmax's scale, as values of actions may, the cross-entropy raises all other actions at once, and that may lead away from
  /// the nearest.
  func ascent(steps: Int, restarts: Int) throws -> AttackPlan {
    let starts = "pgd:steps=\(steps):restarts=\(restarts)"
    return try plan("\(starts)+\(starts):loss=margin")
  }

  /// The same searched on another policy, which has its own chance and no transform of the victim's.
  func transferPlan() throws -> AttackPlan {
    var plan = try plan(times: 1)
    plan.isStraightThrough = false
    return plan
  }

  /// A white-box attack as the panel makes it.
  func plan(_ attack: String) throws -> AttackPlan {
    AttackPlan(try AttackChoice(attack), expectation: expectation, isStraightThrough: isStraightThrough)
  }
}

import Attacks
import Evaluation
import Foundation
import Policies

/// One cell of an evaluation: a policy, clean or under one attack of one size.
struct Cell: Encodable {
  let policy: String
  let environment: String
  let attack: String?
  let epsilon: String?
  let epsilonValue: Float?
  /// The threat model in words, and its hash.
  let threat: String?
  let threatHash: String?
  /// What the attack wants: `flip`, `reach left`, `lower value`.
  let goal: String?
  let timing: String?
  /// Draws that each answer was averaged over; nil for one answer.
  let expectation: Int?
  /// Whether a transform without gradient was taken for the identity on the way back.
  let straightThrough: Bool?
  /// The policy on which the attack searched; nil for the one that was attacked.
  let surrogate: String?
  /// `greedy` or `sampled`.
  let acting: String
  let episodes: Int
  let seed: UInt64
  let mean: Double
  /// A 95% bootstrap interval of the mean; nil for fewer than five episodes.
  let meanIntervalLow: Double?
  let meanIntervalHigh: Double?
  let interquartileMean: Double
  /// A 95% bootstrap interval of the interquartile mean; nil for fewer than five episodes.
  let intervalLow: Double?
  let intervalHigh: Double?
  /// What was resampled for it.
  let intervalOver = "episodes"
  let flipRate: Double?
  /// The share of attacked frames on which the policy took the action that the goal names; nil when it names none.
  let reachRate: Double?
  let frames: Int
  let attackedFrames: Int
  let unchangedFrames: Int
  let largestPerturbation: Float
  let forwardPasses: Int
  let backwardPasses: Int
  let seconds: Double
  let returns: [Double]
  /// What the attack knows of the policy.
  let knowledge: Knowledge
  /// Whether what the policy sees is changed, and not what it does: only such attacks are compared.
  let perturbs: Bool
  /// The result that the cell tells of.
  let result: Evaluation.Result

  private enum CodingKeys: CodingKey {
    case policy, environment, attack, epsilon, epsilonValue, threat, threatHash, goal, timing, expectation
    case straightThrough, surrogate, acting
    case episodes, seed, mean, meanIntervalLow, meanIntervalHigh
    case interquartileMean, intervalLow, intervalHigh, intervalOver, flipRate, reachRate, frames,
      attackedFrames
    case unchangedFrames, largestPerturbation, forwardPasses, backwardPasses, seconds, returns
  }

  /// Plays the episodes of a cell; no opposition gives the clean one.
  static func play(
    _ subject: NamedPolicy, against opposition: Evaluation.Opposition?,
    searchingOn surrogate: (name: String, policy: any Policy)?, acting: ActingOptions, episodes: Int,
    compute: ComputeOptions, progress: EpisodeProgress, interruption: Interruption
  ) throws -> Cell {
    let description = subject.file.description
    let evaluation = Evaluation(
      environment: subject.environment, frames: description.frames, seed: compute.seed,
      episodes: episodes)
    progress.begin()
    let clock = ContinuousClock()
    let start = clock.now
    let result = try evaluation.run(
      subject.victim(acting), against: opposition, searchingOn: surrogate?.policy, workers: compute.workers,
      continuing: { ended in
        progress.add(ended)
        return !interruption.isAsked
      })
    let seconds = (clock.now - start) / .seconds(1)
    let meanInterval = result.interval(seed: compute.seed)
    let interval = result.interquartileInterval(seed: compute.seed)
    let epsilon = opposition?.threat.epsilon
    return Cell(
      policy: subject.name, environment: description.environment,
      attack: opposition.map { "\($0.plan.attack)" }, epsilon: epsilon.map { "\($0)" },
      epsilonValue: epsilon?.value, threat: opposition.map { "\($0.threat)" },
      threatHash: opposition?.threat.stableHash,
      goal: opposition.map { $0.plan.goal.description(naming: description.actions) },
      timing: opposition.map { "\($0.plan.timing)" }, expectation: opposition?.plan.expectation,
      straightThrough: opposition?.plan.isStraightThrough,
      surrogate: opposition == nil ? nil : surrogate?.name, acting: acting.name, episodes: episodes,
      seed: compute.seed, mean: result.mean, meanIntervalLow: meanInterval?.lowerBound,
      meanIntervalHigh: meanInterval?.upperBound, interquartileMean: result.interquartileMean,
      intervalLow: interval?.lowerBound,
      intervalHigh: interval?.upperBound, flipRate: result.flipRate, reachRate: result.reachRate,
      frames: result.frames,
      attackedFrames: result.attackedFrames, unchangedFrames: result.unchangedFrames,
      largestPerturbation: result.largestPerturbation, forwardPasses: result.passes.forward,
      backwardPasses: result.passes.backward, seconds: seconds, returns: result.returns,
      knowledge: surrogate == nil ? opposition?.plan.attack.needs ?? .nothing : .actions,
      perturbs: opposition?.plan.attack.about.allSatisfy(\.changesObservations) ?? true, result: result)
  }

  /// How the attack is carried out, beside its name and its parameters: `timing every`, and what is not as usual.
  var manner: String {
    var parts = ["timing \(timing ?? "")"]
    if let goal, goal != "\(Goal.flip)" { parts.insert("to \(goal)", at: 0) }
    if let expectation { parts.append("expectation over \(expectation)") }
    if straightThrough == true { parts.append("straight through") }
    return parts.joined(separator: ", ")
  }

  /// The head of a column that stands in a table where an attack wants a given action.
  static let optionalHead = "reached"

  /// What a table says below it of a column.
  static let remarkOnInterquartileMean =
    "IQM: the interquartile mean, blind to what befalls the best or the worst quarter of the episodes."

  /// What a table for people says of each cell, by the head of its column.
  static let columns: [(head: String, text: @Sendable (Cell) -> String)] = [
    ("policy", { $0.policy }),
    ("attack", { $0.attack ?? "clean" }),
    ("epsilon", { $0.epsilon.flatMap { Epsilon($0) }?.bothWays ?? "–" }),
    ("mean", { String(format: "%.3f", $0.mean) }),
    ("95% interval", { bracketed($0.meanIntervalLow, $0.meanIntervalHigh) }),
    ("IQM", { String(format: "%.3f", $0.interquartileMean) }),
    ("95% interval", { bracketed($0.intervalLow, $0.intervalHigh) }),
    ("flips", { percent($0.flipRate) }),
    (optionalHead, { percent($0.reachRate) }),
    ("attacked", { percent($0.attackedFrames, of: $0.attack == nil ? 0 : $0.frames) }),
    ("unchanged", { percent($0.unchangedFrames, of: $0.attackedFrames) }),
    ("largest", { $0.attack == nil ? "–" : String(format: "%.4f", $0.largestPerturbation) }),
    (
      "passes a frame",
      { $0.attack == nil ? "–" : "\($0.perFrame($0.forwardPasses)) + \($0.perFrame($0.backwardPasses))" }
    ),
    ("time", { String(format: "%.1f s", $0.seconds) }),
    ("threat model", { $0.threatHash ?? "–" }),
  ]

  private static func percent(_ rate: Double?) -> String {
    rate.map { String(format: "%.1f%%", $0 * 100) } ?? "–"
  }

  private static func percent(_ part: Int, of whole: Int) -> String {
    percent(whole > 0 ? Double(part) / Double(whole) : nil)
  }

  private func perFrame(_ passes: Int) -> String {
    attackedFrames == 0 ? "0" : String(format: "%.3g", Double(passes) / Double(attackedFrames))
  }

  /// What a CSV file says of each cell, by the name of its column; nothing for what a cell does not have.
  static let fields: [(name: String, value: @Sendable (Cell) -> (any CustomStringConvertible)?)] = [
    ("policy", { $0.policy }), ("environment", { $0.environment }), ("attack", { $0.attack }),
    ("epsilon", { $0.epsilon }), ("epsilon_value", { $0.epsilonValue }), ("threat", { $0.threat }),
    ("threat_hash", { $0.threatHash }), ("goal", { $0.goal }), ("timing", { $0.timing }),
    ("expectation", { $0.expectation }), ("straight_through", { $0.straightThrough }),
    ("surrogate", { $0.surrogate }), ("acting", { $0.acting }), ("episodes", { $0.episodes }),
    ("seed", { $0.seed }), ("mean", { $0.mean }),
    ("mean_interval_low", { $0.meanIntervalLow }), ("mean_interval_high", { $0.meanIntervalHigh }),
    ("interquartile_mean", { $0.interquartileMean }),
    ("interval_low", { $0.intervalLow }), ("interval_high", { $0.intervalHigh }),
    ("interval_over", { $0.intervalOver }), ("flip_rate", { $0.flipRate }),
    ("reach_rate", { $0.reachRate }), ("frames", { $0.frames }), ("attacked_frames", { $0.attackedFrames }),
    ("unchanged_frames", { $0.unchangedFrames }), ("largest_perturbation", { $0.largestPerturbation }),
    ("forward_passes", { $0.forwardPasses }), ("backward_passes", { $0.backwardPasses }),
    ("seconds", { $0.seconds }),
  ]
}

/// An interval for people: `[0.25, 0.5]`, and `–` for none.
func bracketed(_ low: Double?, _ high: Double?) -> String {
  guard let low, let high else { return "–" }
  return String(format: "[%.3f, %.3f]", low, high)
}

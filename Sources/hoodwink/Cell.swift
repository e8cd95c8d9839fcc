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
    case episodes, seed, mean
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
      seed: compute.seed, mean: result.mean,
      interquartileMean: result.interquartileMean, intervalLow: interval?.lowerBound,
      intervalHigh: interval?.upperBound, flipRate: result.flipRate, reachRate: result.reachRate,
      frames: result.frames,
      attackedFrames: result.attackedFrames, unchangedFrames: result.unchangedFrames,
      largestPerturbation: result.largestPerturbation, forwardPasses: result.passes.forward,
      backwardPasses: result.passes.backward, seconds: seconds, returns: result.returns,
      knowledge: surrogate == nil ? opposition?.plan.attack.needs ?? .nothing : .actions,
      perturbs: opposition?.plan.attack.about.allSatisfy { !$0.norms.isEmpty } ?? true, result: result)
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

  /// The heads of ``row``.
  static let heads = [
    "policy", "attack", "epsilon", "mean", "IQM", "95% interval", "flips", optionalHead, "attacked",
    "unchanged",
    "largest", "passes a frame", "time", "threat model",
  ]

  /// The cell as a row of the table.
  var row: [String] {
    let isAttacked = attack != nil
    func percent(_ rate: Double?) -> String { rate.map { String(format: "%.1f%%", $0 * 100) } ?? "–" }
    func share(_ part: Int, _ whole: Int) -> String {
      isAttacked && whole > 0 ? String(format: "%.1f%%", 100 * Double(part) / Double(whole)) : "–"
    }
    func perFrame(_ passes: Int) -> String {
      attackedFrames == 0 ? "0" : String(format: "%.3g", Double(passes) / Double(attackedFrames))
    }
    return [
      policy, attack ?? "clean", epsilon.flatMap { Epsilon($0) }?.bothWays ?? "–",
      String(format: "%.3f", mean), String(format: "%.3f", interquartileMean),
      bracketed(intervalLow, intervalHigh),
      percent(flipRate), percent(reachRate), share(attackedFrames, frames),
      share(unchangedFrames, attackedFrames), isAttacked ? String(format: "%.4f", largestPerturbation) : "–",
      isAttacked ? "\(perFrame(forwardPasses)) + \(perFrame(backwardPasses))" : "–",
      String(format: "%.1f s", seconds), threatHash ?? "–",
    ]
  }

  /// The heads of ``values``.
  static let columns = [
    "policy", "environment", "attack", "epsilon", "epsilon_value", "threat", "threat_hash", "goal", "timing",
    "expectation", "straight_through", "surrogate", "acting", "episodes", "seed", "mean",
    "interquartile_mean", "interval_low", "interval_high",
    "interval_over", "flip_rate", "reach_rate",
    "frames", "attacked_frames", "unchanged_frames", "largest_perturbation", "forward_passes",
    "backward_passes",
    "seconds",
  ]

  /// The cell as a line of a CSV file.
  var values: [String] {
    [
      policy, environment, attack ?? "", epsilon ?? "", epsilonValue.map { "\($0)" } ?? "", threat ?? "",
      threatHash ?? "",
      goal ?? "", timing ?? "", expectation.map { "\($0)" } ?? "", straightThrough.map { "\($0)" } ?? "",
      surrogate ?? "", acting, "\(episodes)", "\(seed)", "\(mean)", "\(interquartileMean)",
      intervalLow.map { "\($0)" } ?? "", intervalHigh.map { "\($0)" } ?? "", intervalOver,
      flipRate.map { "\($0)" } ?? "", reachRate.map { "\($0)" } ?? "",
      "\(frames)", "\(attackedFrames)",
      "\(unchangedFrames)", "\(largestPerturbation)", "\(forwardPasses)", "\(backwardPasses)", "\(seconds)",
    ]
  }
}

/// An interval for people: `[0.25, 0.5]`, and `–` for none.
func bracketed(_ low: Double?, _ high: Double?) -> String {
  guard let low, let high else { return "–" }
  return String(format: "[%.3f, %.3f]", low, high)
}

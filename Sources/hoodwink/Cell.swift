import Attacks
import Evaluation
import Foundation
import Policies

/// One cell of an evaluation: a policy, clean or under one attack of one size.
struct Cell {
  let policy: String
  let environment: String
  /// The names of the environment's actions.
  private let actions: [String]
  /// What stands against the policy; nil for the clean cell.
  let opposition: Evaluation.Opposition?
  /// The policy on which the attack searched; nil for the one that was attacked.
  let surrogate: String?
  /// `greedy` or `sampled`.
  let acting: String
  let episodes: Int
  let seed: UInt64
  let result: Evaluation.Result
  /// A 95% bootstrap interval of the mean over episodes; nil for fewer than five.
  let meanInterval: ClosedRange<Double>?
  /// The same of the interquartile mean.
  let interquartileInterval: ClosedRange<Double>?
  let seconds: Double

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
    // Without the intervals' resampling.
    let seconds = (clock.now - start) / .seconds(1)
    return Cell(
      policy: subject.name, environment: description.environment, actions: description.actions,
      opposition: opposition, surrogate: opposition == nil ? nil : surrogate?.name, acting: acting.name,
      episodes: episodes, seed: compute.seed, result: result,
      meanInterval: result.interval(seed: compute.seed),
      interquartileInterval: result.interquartileInterval(seed: compute.seed),
      seconds: seconds)
  }

  /// The attack with its parameters; nil for the clean cell.
  var attack: String? { opposition.map { "\($0.plan.attack)" } }

  /// Its size as it is written; nil for the clean cell.
  var epsilon: String? { opposition.map { "\($0.threat.epsilon)" } }

  /// What the attack wants: `flip`, `reach left`, `lower value`.
  var goal: String? { opposition.map { $0.plan.goal.description(naming: actions) } }

  /// What the attack knows of the policy.
  var knowledge: Knowledge { surrogate == nil ? opposition?.plan.attack.needs ?? .nothing : .actions }

  /// Whether what the policy sees is changed, and not what it does: only such attacks are compared.
  var perturbs: Bool { opposition?.plan.attack.about.allSatisfy(\.changesObservations) ?? true }

  /// How the attack is carried out, beside its name and its parameters: `timing every`, and what is not as usual.
  var manner: String {
    guard let plan = opposition?.plan else { return "" }
    var parts = ["timing \(plan.timing)"]
    if plan.goal != .flip, let goal { parts.insert("to \(goal)", at: 0) }
    if let expectation = plan.expectation { parts.append("expectation over \(expectation)") }
    return parts.joined(separator: ", ")
  }

  /// What its result does not tell by itself.
  var warnings: [String] {
    guard let attack, let opposition, opposition.threat.epsilon.value > 0, perturbs else { return [] }
    let (unchanged, attacked, size) = (
      result.unchangedFrames, result.attackedFrames, opposition.threat.epsilon
    )
    let subject = "\(policy): \(attack) at \(size)"
    if attacked == 0 {
      return ["\(subject): no frame was attacked: timing \(opposition.plan.timing) and the share chose none"]
    }
    // What a file holds has the size that it was learned for. (Under the other norms the range takes a part of it away.)
    if attack.hasPrefix("\(Universal.about.name):file="), opposition.plan.attack.about.count == 1,
      opposition.threat.norm == .max, result.largestPerturbation < 0.9 * size.value
    {
      return [
        "\(subject): what the file holds is no larger than \(String(format: "%.4f", result.largestPerturbation)): a larger "
          + "epsilon does not make it stronger"
      ]
    }
    // With 8 bits what was found may have been rounded back, and a frame that has what is wanted needs no change.
    guard knowledge == .weights, !opposition.threat.isQuantized, opposition.plan.goal == .flip,
      unchanged * 20 > attacked
    else { return [] }
    let left = "\(subject) left \(Self.percent(unchanged, of: attacked)) of the attacked frames as they were"
    if attack == FGSM.about.name, opposition.threat.norm == .l1 {
      return ["\(left): the range cuts its one entry off; fill=yes takes the next ones, too"]
    }
    return [
      "\(left): it found no change, or its gradient is zero there, which hoodwink selftest tells; where it climbs the "
        + "cross-entropy, try loss=margin"
    ]
  }

  /// The head of a column that stands in a table where an attack wants a given action.
  static let optionalHead = "reached"

  /// What a table says below it of a column.
  static let remarkOnInterquartileMean =
    "IQM: the interquartile mean, blind to what befalls the best or the worst quarter of the episodes (of fewer than four the mean)."

  /// A column of a table for people: its head, and what it says of each cell.
  typealias Column = (head: String, text: @Sendable (Cell) -> String)

  static let attackColumn: Column = (
    "attack",
    {
      ($0.attack ?? "clean") + ($0.opposition?.plan.isStraightThrough == true ? ", straight through" : "")
    }
  )

  /// What came of it.
  static let resultColumns: [Column] = [
    ("mean", { String(format: "%.3f", $0.result.mean) }),
    ("95% interval", { bracketed($0.meanInterval?.lowerBound, $0.meanInterval?.upperBound) }),
    ("IQM", { String(format: "%.3f", $0.result.interquartileMean) }),
    (
      "95% interval",
      { bracketed($0.interquartileInterval?.lowerBound, $0.interquartileInterval?.upperBound) }
    ),
    ("flips", { percent($0.result.flipRate) }),
    (optionalHead, { percent($0.result.reachRate) }),
    ("attacked", { percent($0.result.attackedFrames, of: $0.opposition == nil ? 0 : $0.result.frames) }),
    ("unchanged", { percent($0.result.unchangedFrames, of: $0.result.attackedFrames) }),
    ("largest", { $0.opposition == nil ? "–" : String(format: "%.4f", $0.result.largestPerturbation) }),
    (
      "passes a frame",
      {
        $0.opposition == nil
          ? "–" : "\($0.perFrame($0.result.passes.forward)) + \($0.perFrame($0.result.passes.backward))"
      }
    ),
    ("time", { String(format: "%.1f s", $0.seconds) }),
  ]

  /// All columns, for tables of several policies, sizes and threat models.
  static let columns = named + resultColumns + [threatColumn]

  private static let named: [Column] = [
    ("policy", { $0.policy }), attackColumn,
    ("epsilon", { $0.opposition?.threat.epsilon.bothWays ?? "–" }),
  ]

  private static let threatColumn: Column = ("threat model", { $0.opposition?.threat.stableHash ?? "–" })

  private static func percent(_ rate: Double?) -> String {
    rate.map { String(format: "%.1f%%", $0 * 100) } ?? "–"
  }

  private static func percent(_ part: Int, of whole: Int) -> String {
    percent(whole > 0 ? Double(part) / Double(whole) : nil)
  }

  private func perFrame(_ passes: Int) -> String {
    result.attackedFrames == 0 ? "0" : String(format: "%.3g", Double(passes) / Double(result.attackedFrames))
  }
}

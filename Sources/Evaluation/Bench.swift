import Attacks
import Episodes
import Policies
import Tensors

/// What every check of a run works with.
struct Bench: Sendable {
  let panel: Panel
  let policy: any Policy
  let sample: FrameSample
  let workers: Workers
  let continuing: @Sendable () -> Bool

  var seed: UInt64 { panel.evaluation.seed }

  /// Whose gradients are followed: the policy, or what it is straight through its transform where the panel goes that way; nil
  /// where it has none.
  var target: (any DifferentiablePolicy)? {
    guard let policy = policy as? any DifferentiablePolicy else { return nil }
    return panel.isStraightThrough ? (policy as? any ObscuredPolicy)?.straightThrough ?? policy : policy
  }

  /// What an attack does to the frames.
  func trial(
    _ plan: AttackPlan, epsilon: Epsilon? = nil, tries: Int = 1, searchingOn surrogate: (any Policy)? = nil
  ) throws -> Trial {
    var threat = panel.threat
    threat.epsilon = epsilon ?? threat.epsilon
    return try Trial(
      of: Attacker(plan, against: policy, within: threat, searchingOn: surrogate), tries: tries, on: sample,
      seed: seed, workers: workers, continuing: continuing)
  }

  /// How much more often one attack flips a frame than another.
  func difference(_ left: Trial, minus right: Trial) -> PairedDifference {
    PairedDifference(sample.byEpisode(left.flips), minus: sample.byEpisode(right.flips), seed: seed)
  }

  /// The share of frames that an attack flips, the mean over episodes.
  func flipRate(of trial: Trial) -> Double { Statistics.mean(sample.byEpisode(trial.flips)) }

  /// The share of those that are true; 0 of none.
  static func share(_ values: [Bool]) -> Double {
    values.isEmpty ? 0 : Double(values.count { $0 }) / Double(values.count)
  }
}

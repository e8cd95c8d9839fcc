import Attacks
import Evaluation
import Foundation

/// One cell of an evaluation: a policy, clean or under one attack of one size.
struct Cell: Encodable {
  let policy: String
  let environment: String
  let attack: String?
  let epsilon: String?
  let epsilonValue: Float?
  let episodes: Int
  let seed: UInt64
  let mean: Double
  let interquartileMean: Double
  let intervalLow: Double
  let intervalHigh: Double
  let flipRate: Double?
  let frames: Int
  let attackedFrames: Int
  let unchangedFrames: Int
  let largestPerturbation: Float
  let returns: [Double]

  /// Plays the episodes of a cell; no attack gives the clean one.
  static func play(
    _ subject: NamedPolicy, attack: String?, epsilon: Epsilon?, threat: ThreatOptions, episodes: Int,
    compute: ComputeOptions, interruption: Interruption
  ) throws -> Cell {
    let description = subject.file.description
    let evaluation = Evaluation(
      environment: subject.environment, frames: description.frames, seed: compute.seed, episodes: episodes)
    var opposition: Evaluation.Opposition?
    if let attack, let epsilon {
      opposition = try .init(attack: attack, threat: threat.threat(epsilon, for: description.frame))
    }
    let result = try evaluation.run(
      subject.file.policy, against: opposition, workers: compute.workers,
      continuing: { !interruption.isAsked })
    let interval = result.interval(seed: compute.seed)
    return Cell(
      policy: subject.name, environment: description.environment, attack: attack,
      epsilon: epsilon.map { "\($0)" }, epsilonValue: epsilon?.value, episodes: episodes, seed: compute.seed,
      mean: result.mean, interquartileMean: result.interquartileMean, intervalLow: interval.lowerBound,
      intervalHigh: interval.upperBound, flipRate: result.flipRate, frames: result.frames,
      attackedFrames: result.attackedFrames, unchangedFrames: result.unchangedFrames,
      largestPerturbation: result.largestPerturbation, returns: result.returns)
  }

  /// The cell as a row of the table.
  var row: [String] {
    [
      policy, attack ?? "clean", epsilon.flatMap { Epsilon($0) }?.bothWays ?? "–",
      String(format: "%.3f", mean), String(format: "[%.3f, %.3f]", intervalLow, intervalHigh),
      flipRate.map { String(format: "%.1f%%", $0 * 100) } ?? "–",
      "\(attackedFrames)/\(frames)", attack == nil ? "–" : String(format: "%.4f", largestPerturbation),
    ]
  }
}

import ArgumentParser
import Attacks
import Environments
import Evaluation
import Foundation
import Networks
import Policies
import Synchronization

/// Certifies a policy's actions, frame by frame.
struct CertifyCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certify",
    abstract: "Prove, frame by frame, that no perturbation of a size changes the policy's action.",
    discussion: """
      A frame is certified when bounds of the network's scores leave its action the largest anywhere in the box that the \
      threat model allows around it: by interval bounds, or by linear bounds (CROWN; dense layers, convolutions and dueling \
      heads with ReLU or leaky ReLU). The bounds account for the rounding of Float32. An episode is certified when all of its \
      frames are: where an observation holds several frames, that is a statement on its return only with --frames all.

      With --attack the same episodes are played under the attack at each size. An attack that changes an action that bounds \
      certify ends the run with an error.

      Examples:
        hoodwink certify runs/hardened --epsilons 1/255,4/255,8/255 --episodes 20
        hoodwink certify catch-v1-dqn --epsilons 0.01,0.02 --attack pgd --restarts 5 --lowest-return -1
        hoodwink train catch-v1 --defense smoothing --output runs/smoothed
        hoodwink certify runs/smoothed --epsilons 0.01 --attack pgd --expectation 10
        hoodwink certify catch-v1-dqn --epsilons 0.01,0.02 --attack fgsm --json
      """)

  @Argument(help: "A run folder (its last.safetensors), a policy folder, a file, or a name in Policies.")
  var policy: String

  // A negative size must reach its check instead of being taken for an option.
  @Option(parsing: .unconditional, help: "Epsilons, separated by commas: 8/255 or 0.03.")
  var epsilons: String = "1/255,2/255,4/255,8/255,16/255"

  @Option(help: ArgumentHelp("Episodes.", valueName: "n"))
  var episodes: Int = 20

  @Option(
    help: ArgumentHelp(
      "An attack that the certificates are held against: see hoodwink list attacks.", valueName: "name"))
  var attack: String?

  @Option(
    help: ArgumentHelp("Which frames of the stack may change: newest or all.", valueName: "which"))
  var frames: ThreatModel.Frames = .newest

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The lowest return that an episode can have, such as 0 for breakout-v1: prints what no attack can bring the mean return "
        + "below.", valueName: "return"))
  var lowestReturn: Double?

  @OptionGroup var how: PlanOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let lowestReturn, !lowestReturn.isFinite {
      throw ValidationError("--lowest-return must be a number, not \(lowestReturn)")
    }
    guard attack != nil || how.areUsual else {
      throw ValidationError("what is said of an attack needs --attack NAME")
    }
    try require("episodes", episodes, in: 1...PlayOptions.most)
  }

  private struct Report: Encodable {
    struct Size: Encodable {
      let epsilon: String
      let epsilonValue: Float
      let threatHash: String
      let certifiedByIntervals: Int
      let certified: Int
      let certificationRate: Double
      let certifiedEpisodes: Int
      let certifiedReturn: Double?
      let attackedReturn: Double?
      let flips: Int?
      let flipRate: Double?
      let attackRaisedReturn: Bool?
    }

    let policy: String
    let environment: String
    let freeFrames: String
    let bounds: [String]
    let attack: String?
    let episodes: Int
    let seed: UInt64
    let frames: Int
    let cleanReturn: Double
    let sizes: [Size]
  }

  func run(until interruption: Interruption) throws {
    let sizes = try readSizes(epsilons)
    // A typo in the attack is found before the policy is read.
    if let attack { try how.check([attack]) }
    let subject = try NamedPolicy(policy, in: common.folders())
    let description = subject.file.description
    let space = description.frame
    let plan = try attack.map { try how.plan($0, actions: description.actions) }
    if lowestReturn != nil, description.frames > 1, frames == .newest {
      throw Failure(
        "--lowest-return: with \(description.frames) frames in an observation a certified return needs --frames all"
      )
    }
    let method = try Certification.Method(for: subject.file.victim)
    if lowestReturn != nil, case .votes = method {
      throw Failure(
        "--lowest-return: a vote certifies each frame with a chance of error of its own, which says nothing sure of whole episodes"
      )
    }
    let threat = ThreatModel(epsilon: Epsilon(0), range: space.low...space.high, frames: frames)
    let certification = Certification(
      Evaluation(
        environment: subject.environment, frames: description.frames, seed: compute.seed,
        episodes: episodes),
      threat: threat, epsilons: sizes, attack: plan)
    if let plan {
      var largest = threat
      largest.epsilon = certification.epsilons.last ?? threat.epsilon
      try subject.check(.init(plan, threat: largest), of: subject.file.victim)
      warn(plan.warnings(under: largest, asking: subject.file.victim))
    }
    let line = Mutex(ProgressLine("certify", unit: "frames"))
    let steps = Atomic<Int>(0)
    let result = try certification.run(
      subject.file.victim, workers: compute.workers,
      continuing: { count in
        let done = steps.add(count, ordering: .relaxed).newValue
        line.withLock { $0.count(done) }
        return !interruption.isAsked
      })
    line.withLock { $0.finishCount(steps.load(ordering: .relaxed)) }
    let returns = result.clean.returns + result.rows.flatMap { $0.attacked?.returns ?? [] }
    if let lowestReturn, let least = returns.min(), least < lowestReturn {
      throw Failure("--lowest-return: an episode had \(least), which is below \(lowestReturn)")
    }
    if common.json { return try printJSON(report(subject, result, method, plan, threat)) }
    try printTable(subject, result, method, plan, threat)
  }

  private func report(
    _ subject: NamedPolicy, _ result: Certification.Result, _ method: Certification.Method,
    _ attack: AttackPlan?, _ threat: ThreatModel
  ) throws -> Report {
    Report(
      policy: subject.name, environment: subject.environment.id, freeFrames: frames.rawValue,
      bounds: method.names, attack: attack?.description(naming: subject.file.description.actions),
      episodes: episodes,
      seed: compute.seed, frames: result.clean.frames, cleanReturn: result.clean.mean,
      sizes: try result.rows.map { row in
        Report.Size(
          epsilon: "\(row.epsilon)", epsilonValue: row.epsilon.value, threatHash: hash(row, threat),
          certifiedByIntervals: row.certifiedByIntervals, certified: row.certified,
          certificationRate: row.rate,
          certifiedEpisodes: row.isWholeEpisodeCertified.count(where: \.self),
          certifiedReturn: try certifiedReturn(row, result, subject),
          attackedReturn: row.attacked?.mean,
          flips: row.attacked?.flips,
          flipRate: row.attacked?.flipRate,
          attackRaisedReturn: row.attacked.map { $0.mean > result.clean.mean })
      })
  }

  /// Of what is certified at a size.
  private func hash(_ row: Certification.Row, _ threat: ThreatModel) -> String {
    var threat = threat
    threat.epsilon = row.epsilon
    return threat.stableHash
  }

  /// The certified return where a lowest one is known.
  /// - Throws: `Failure` when the attack has left less than what is certified.
  private func certifiedReturn(
    _ row: Certification.Row, _ result: Certification.Result, _ subject: NamedPolicy
  ) throws -> Double? {
    guard let lowestReturn else { return nil }
    let certified = row.certifiedReturn(of: result.clean, lowest: lowestReturn)
    if let found = row.attacked?.mean, found < certified - 1e-9 {
      throw Failure(
        "at epsilon \(row.epsilon) the attack leaves a return of \(found), less than the certified \(certified)",
        status: EX_SOFTWARE)
    }
    return certified
  }

  private func printTable(
    _ subject: NamedPolicy, _ result: Certification.Result, _ method: Certification.Method,
    _ attack: AttackPlan?, _ threat: ThreatModel
  ) throws {
    func percent(_ count: Int) -> String {
      String(format: "%.1f%%", 100 * Double(count) / Double(max(result.clean.frames, 1)))
    }
    print(
      "\(subject.name) in \(subject.environment.id): clean return \(String(format: "%.3f", result.clean.mean)), "
        + "\(result.clean.frames) frames of \(episodes) episodes from seed \(compute.seed)")
    var header = ["epsilon", "threat model", "by intervals", "certified", "whole episodes"]
    if lowestReturn != nil { header.append("certified return") }
    if let attack {
      header += ["return under \(attack.description(naming: subject.file.description.actions))", "flips", ""]
    }
    var table = Table(header, leftColumns: 2)
    for row in result.rows {
      var cells = [
        row.epsilon.bothWays, hash(row, threat), percent(row.certifiedByIntervals), percent(row.certified),
        "\(row.isWholeEpisodeCertified.count(where: \.self))/\(episodes)",
      ]
      if let certified = try certifiedReturn(row, result, subject) {
        cells.append(String(format: "%.3f", certified))
      }
      if let attacked = row.attacked {
        cells += [
          String(format: "%.3f", attacked.mean),
          attacked.flipRate.map { String(format: "%.1f%%", 100 * $0) } ?? "–",
          attacked.mean > result.clean.mean ? amber("attack raised the return") : "",
        ]
      }
      table.append(cells)
    }
    print(table.text)
    print(
      "Certified: proven to keep the action under any perturbation of the size, \(frames.rawValue) "
        + "\(frames == .newest ? "frame" : "frames") of the stack free; "
        + "\(method.explanation)."
        + (attack == nil || method.names == ["votes"] ? "" : " No certified action was changed."))
  }
}

extension Certification.Method {
  /// For machines.
  fileprivate var names: [String] {
    switch self {
    case .bounds(_, usesLinearBounds: true): ["interval", "linear"]
    case .bounds: ["interval"]
    case .votes: ["votes"]
    }
  }

  /// For people.
  fileprivate var explanation: String {
    switch self {
    case .bounds(_, usesLinearBounds: true): "by interval or linear bounds"
    case .bounds: "by interval bounds: linear ones do not cover this network"
    case .votes:
      "by \(Certification.draws) draws a frame, each frame wrong with a probability of "
        + "\(Certification.voteError * 100)% at most, for the limit of the vote"
    }
  }
}

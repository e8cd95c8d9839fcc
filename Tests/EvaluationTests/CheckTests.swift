import Attacks
@testable import Evaluation
import Policies
import RandomStreams
import Tensors
import Testing

/// Policies of one or two entries, on which it is known what each attack does: the checks that have to be
/// red or amber are, and no others.
@Suite struct CheckTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let policy: TwoActions
    var steps = 10
    var threat = ThreatModel(epsilon: Epsilon(0.125))
    /// By their names all checks that are not green.
    let expected: [String: Check.Status]

    init(
      _ name: String, _ policy: TwoActions, steps: Int = 10, rounded epsilon: Epsilon? = nil,
      _ expected: [String: Check.Status] = [:]
    ) {
      (testDescription, self.policy, self.steps, self.expected) = (name, policy, steps, expected)
      if let epsilon { threat = ThreatModel(epsilon: epsilon, isQuantized: true) }
    }
  }

  static let cases = [
    Case("honest", .honest),
    // FGSM starts where the slope is true; PGD, from everywhere else, walks away.
    Case(
      "a slope that is true at the frame alone",
      TwoActions(lead: { $0[0] - 0.32 }, slope: { $1 > 0 ? 0 : $0[0] == 0.2 ? 1 : -1 }),
      [
        "gradient is the slope": .red, "pgd ≥ fgsm": .red, "pgd ≥ smaller changes": .red, "pgd ≥ noise": .red,
        "pgd ≥ square": .red,
        "pgd ≥ hopskipjump": .red,
        "pgd ≥ transfer": .red, "huge epsilon, random return": .red,
      ]),
    // A single step is misled, and PGD starts elsewhere.
    Case(
      "a slope that is true but at the frame",
      TwoActions(lead: { $0[0] - 0.32 }, slope: { $1 > 0 ? 0 : $0[0] == 0.2 ? 3 : 1 }),
      ["gradient is the slope": .amber]),
    Case(
      "a slope that is gone at the frame",
      TwoActions(lead: { $0[0] - 0.32 }, slope: { $1 == 0 && $0[0] != 0.2 ? 1 : 0 }),
      ["gradient not zero": .amber, "gradient is the slope": .amber, "gradient leads": .amber]),
    // The second entry counts once the first has moved. One step moves one of them and flips what a start
    // has moved already, 4% of the frames; two steps from two starts flip two thirds. Where it begins to count scores jump, at
    // the boundary alone.
    Case(
      "two entries, one after the other",
      TwoActions(
        lead: { $0[0] < 0.32 ? $0[0] - 0.64 : $0[3] - 0.32 }, slope: { $1 == ($0[0] < 0.32 ? 0 : 3) ? 1 : 0 }),
      steps: 1,
      [
        "steps suffice": .red, "pgd ≥ noise": .red, "pgd ≥ square": .red, "pgd ≥ hopskipjump": .red,
        "pgd ≥ boundary": .red, "no cliffs": .red, "gradient is the slope": .red, "surest frames": .red,
      ]),
    // A quarter of epsilon leads into the window, more leads beyond, where all is as it was.
    Case(
      "a window", TwoActions(lead: { (0.22..<0.24).contains($0[0]) ? 1 : -1 }, slope: { $1 == 0 ? 1 : 0 }),
      [
        "gradient is the slope": .red, "gradient leads": .amber, "pgd ≥ hopskipjump": .red,
        "pgd ≥ boundary": .amber, "pgd ≥ smaller changes": .red, "all of the change counts": .red,
        "no cliffs": .red,
        "surest frames": .red, "more epsilon, more flips": .red, "huge epsilon, random return": .red,
      ]),
    // True at the frames and at the boundary, and not where attacks end, short of it.
    Case(
      "a slope that is too steep where attacks end",
      TwoActions(
        lead: { $0[0] - 0.5 }, slope: { $1 == 0 ? ((0.3..<0.4).contains($0[0]) ? 3 : 1) : 0 }),
      ["gradient is the slope": .red]),
    // Where no attack goes, and where one may come from.
    Case(
      "a jump far away",
      TwoActions(lead: { $0[0] > 0.9 ? 3 : $0[0] - 0.32 }, slope: { $1 == 0 && $0[0] <= 0.9 ? 1 : 0 }),
      ["no cliffs": .amber, "surest frames": .amber]),
    // Nothing that can be seen changes these: one earns all that there is, the other nothing.
    Case(
      "blind and good", TwoActions(lead: { $0[0] * 0.1 - 1 }, slope: { $1 == 0 ? 0.1 : 0 }),
      ["huge epsilon, random return": .red]),
    Case(
      "blind and bad", TwoActions(lead: { 1 - $0[0] * 0.1 }, slope: { $1 == 0 ? -0.1 : 0 }),
      ["huge epsilon, random return": .red]),
    Case(
      "bad, and open to attacks", TwoActions(lead: { 0.32 - $0[0] }, slope: { $1 == 0 ? -1 : 0 }),
      ["huge epsilon, random return": .amber]),
    // What half a level changes is rounded back, all of it.
    Case("half a level", .honest, rounded: Epsilon(0.5, over: 255), ["attacks are delivered": .red]),
    Case("eight levels", .honest, rounded: Epsilon(8, over: 255)),
  ]

  @Test(arguments: cases)
  func whatIsWrongIsNamed(_ example: Case) throws {
    // A second policy instead of a copy, which would take longest.
    let panel = Panel(
      try Corridor.evaluation(), within: example.threat, steps: example.steps, restarts: 1, tries: 16,
      framesPerEpisode: 1, surrogate: TwoActions.honest)
    let report = try panel.run(example.policy)
    #expect(report.checks.count == 20)
    let found = report.checks.filter { $0.status > .green }.map { ($0.name, $0.status) }
    #expect(Dictionary(uniqueKeysWithValues: found) == example.expected, "\(report.checks)")
  }

  /// Under the other norms, too, and where next to nothing may be changed but without limits: one entry is all that it takes.
  @Test(arguments: ThreatModel.Norm.allCases, [Region.all, .rectangle(top: 0, left: 0, height: 1, width: 1)])
  func anHonestPolicyPassesUnderEveryNorm(_ norm: ThreatModel.Norm, _ region: Region) throws {
    var threat = ThreatModel(norm: norm, epsilon: Epsilon(0.125))
    threat.region = region
    let report = try Panel(
      Corridor.evaluation(), within: threat, steps: 40, restarts: 1, tries: 16, framesPerEpisode: 1,
      surrogate: TwoActions.honest
    ).run(TwoActions.honest)
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(report.flipRate == 1)
  }

  /// From any observation to any other: the longest way is from all zeros to all ones.
  @Test(arguments: [(ThreatModel.Norm.max, Float(1)), (.l2, 10), (.l1, 100)])
  func vastSizesReachEverywhere(_ norm: ThreatModel.Norm, _ size: Float) {
    #expect(ThreatModel(norm: norm, epsilon: Epsilon(0.1)).unbounded(entries: 100).value == size)
  }

  /// Without limits there is no region either: where nothing may be changed that counts, the policy is robust, and the attack no weaker
  /// for it.
  @Test func vastPerturbationsAreOfEveryPixel() throws {
    var threat = ThreatModel(epsilon: Epsilon(0.125))
    threat.region = .rectangle(top: 1, left: 1, height: 1, width: 1)
    let report = try Panel(
      Corridor.evaluation(), within: threat, steps: 5, restarts: 1, tries: 4, framesPerEpisode: 1,
      surrogate: TwoActions.honest
    ).run(TwoActions.honest)
    #expect(report.flipRate == 0)
    #expect(report.checks.first { $0.name == "huge epsilon, random return" }?.status == .green)
  }

  /// Who draws its actions flips some by itself.
  @Test func drawnActionsAreNoGreen() throws {
    let policy = try Corridor.policy([.flatten, .dense(outputs: 2, activation: .identity)])
    let report = try Panel(
      Corridor.evaluation(), within: ThreatModel(epsilon: Epsilon(0.125)), steps: 5, restarts: 1, tries: 4,
      framesPerEpisode: 1, surrogate: TwoActions.honest
    ).run(SampledPolicy(policy))
    #expect(report.checks.first { $0.name == "steady answers" }?.status == .amber)
  }

  /// Where the agent stands on one square the slope leads down, elsewhere nothing changes anything: those few frames that were
  /// compared went astray, and that weighs more than that they are few.
  @Test func aFewFramesThatGoAstrayAreRed() throws {
    let sample = try FrameSample(from: TwoActions.honest, in: Corridor.evaluation(), framesPerEpisode: 1)
    let frames = (0..<sample.count).map { sample.observations.rows(at: [$0]).elements }
    // An entry that is larger on some of the frames, by more than attacks may change.
    let (entry, bar) = try #require(
      frames[0].indices.lazy.compactMap { entry -> (Int, Float)? in
        let values = frames.map { $0[entry] }
        guard let (low, high) = values.min().flatMap({ low in values.max().map { (low, $0) } }) else {
          return nil
        }
        let bar = (low + high) / 2
        let isRare = (1..<frames.count / 2).contains(values.count { $0 > bar })
        return isRare && high - low > 0.3 ? (entry, bar) : nil
      }.first)
    let policy = TwoActions(
      lead: { $0[entry] > bar ? -1 - max(0, $0[0] - 0.2) : -1 }, slope: { $1 == 0 ? 1 : 0 })
    let report = try Panel(
      Corridor.evaluation(), within: ThreatModel(epsilon: Epsilon(0.125)), steps: 10, tries: 16,
      framesPerEpisode: 1, surrogate: TwoActions.honest
    ).run(policy)
    let check = try #require(report.checks.first { $0.name == "gradient leads" })
    #expect(check.status == .red, "\(check)")
  }

  /// Three actions whose scores are linear in the first entry, given at the frame, where it is 0.2.
  private struct ThreeActions: DifferentiablePolicy {
    let slopes: [Float]
    let scores: [Float]

    func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor
    {
      let rows = observations.shape[0]
      let entry = observations.reshaped(to: [rows, observations.count / rows]).slice(0..<1, alongAxis: 1)
      return (entry - 0.2) * Tensor(slopes) + Tensor(scores)
    }
  }

  private func report(of policy: ThreeActions) throws -> Panel.Report {
    try Panel(
      Corridor.evaluation(), within: ThreatModel(epsilon: Epsilon(0.125)), steps: 10, tries: 16,
      framesPerEpisode: 1, surrogate: TwoActions.honest
    ).run(policy)
  }

  /// The nearest action grows with the entry, a farther one falls three times as fast. The cross-entropy's slope is
  /// 0.352·0.1 − 0.292·0.3 < 0, away from the only action that can be reached.
  @Test func theNearestActionIsFoundBehindAnother() throws {
    let report = try report(of: ThreeActions(slopes: [0, 0.1, -0.3], scores: [0, -0.012, -0.2]))
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(report.flipRate == 1)
  }

  /// And the other way round: the nearest action grows toward where it is never reached, a far and steep one the other way.
  /// Up the margin alone only starts in the last 2% of the way come to it.
  @Test func aSteepActionIsFoundBehindTheNearest() throws {
    let report = try report(of: ThreeActions(slopes: [0, -0.05, 11.25], scores: [0, -0.05, -1.4]))
    #expect(report.flipRate == 1)
  }
}

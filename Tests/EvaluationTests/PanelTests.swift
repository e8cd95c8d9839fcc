import Attacks
import Environments
@testable import Evaluation
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// Policies that hide their gradients have to be caught, and an honest one, robust or not, has to pass.
@Suite struct PanelTests {
  private func panel(
    _ epsilon: Epsilon = Epsilon(8, over: 255), changing changed: ThreatModel.Frames = .newest,
    frames: Int = 1,
    episodes: Int = 48, expectation: Int? = nil, isStraightThrough: Bool = false
  ) throws -> Panel {
    let catalog = try repositoryCatalog()
    return Panel(
      Evaluation(
        environment: try catalog.definition(for: "catch-v1"), frames: frames, seed: 0, episodes: episodes),
      within: ThreatModel(epsilon: epsilon, frames: changed), steps: 10, tries: 50, expectation: expectation,
      isStraightThrough: isStraightThrough)
  }

  /// A plain DQN: as fragile as they are, and honest about it.
  private func plain() throws -> NetworkPolicy {
    try PolicyFile(
      contentsOf: PolicyFile.locate(
        "catch-v1-dqn", policies: repository.appendingPathComponent("Policies"))
    ).policy
  }

  private func status(_ name: String, in report: Panel.Report) throws -> Check.Status {
    try #require(report.checks.first { $0.name == name }, "no check \(name)").status
  }

  /// Four times the steps from four times the starts.
  @Test func moreIsOfStepsAndStarts() throws {
    let plan = try panel().plan(times: 4).attack
    #expect(plan.description == "pgd:steps=40:restarts=8+pgd:steps=40:restarts=8:loss=margin")
  }

  @Test func aFragilePolicyPasses() throws {
    let report = try panel().run(plain())
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(try #require(report.flipRate) > 0.3)
  }

  /// Its bounds say that no perturbation flips a frame: the attack finds none, and the panel believes it.
  @Test func aCertifiedPolicyPasses() throws {
    let epsilon = Epsilon(4, over: 255)
    let policy = try CertifiedCatch()
    let report = try panel(epsilon).run(policy.policy)
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(report.flipRate == 0)
    let sample = try FrameSample(
      from: policy.policy, in: panel(epsilon).evaluation, framesPerEpisode: 4)
    #expect(policy.certifiedShare(sample.observations, epsilon: epsilon.value) == 1)
  }

  @Test func saturatedLogitsAreCaught() throws {
    let report = try panel().run(Wrapped(base: plain(), scale: 1e6))
    #expect(report.status == .red)
    #expect(try status("gradient not zero", in: report) == .red)
  }

  @Test func quantizedInputIsCaught() throws {
    let report = try panel().run(Wrapped(base: plain(), levels: 8))
    #expect(report.status == .red)
    #expect(try status("gradient not zero", in: report) == .red)
  }

  /// A policy that says that it rounds is refused a gradient, and attacked straight through when asked.
  @Test func declaredRoundingIsRefusedOrPassed() throws {
    let policy = QuantizedPolicy(try plain(), Palette(levels: 16))
    let refused = try panel().run(policy)
    #expect(try status("a white-box attack", in: refused) == .red)
    #expect(refused.flipRate == nil)
    let passed = try panel(Epsilon(24, over: 255), isStraightThrough: true).run(policy)
    #expect(try #require(passed.flipRate) > 0.3)
    #expect(try status("gradient not zero", in: passed) == .green)
  }

  @Test func aShatteredGradientIsCaught() throws {
    let report = try panel().run(Wrapped(base: plain(), isShattered: true))
    #expect(report.status == .red)
    #expect(try status("gradient is the slope", in: report) == .red)
  }

  @Test func noiseInsideIsCaught() throws {
    let policy = Wrapped(base: try plain(), noise: 0.3)
    let report = try panel().run(policy)
    #expect(report.status == .red)
    #expect(try status("steady answers", in: report) == .red)
    let averaged = try panel(expectation: 8).run(policy)
    #expect(try status("steady answers", in: averaged) == .amber)
    #expect(try #require(averaged.flipRate) > 0.2)
  }

  /// Masks of other makes: a temperature, a threshold, rounded blocks with and without a gradient, and an action that a
  /// bias chooses whatever is seen; each by the check that it has to fail.
  @Test(arguments: [
    ("a temperature of 0.0001", 1e4, Mask.none, Float(0), "gradient not zero"),
    ("a threshold", 1, .threshold, 0, "gradient not zero"),
    ("rounded blocks", 1, .blocks(passesMeans: false), 0, "gradient not zero"),
    ("rounded blocks whose means pass", 1, .blocks(passesMeans: true), 0, "gradient is the slope"),
    ("a bias", 1, .none, 1e4, "gradient not zero"),
    ("a bias that the softmax shows", 1, .none, 20, "huge epsilon, random return"),
    ("a temperature of 0.001", 1e3, .none, 0, "gradient not zero"),
    ("black and white, straight through", 1, .palette(levels: 2), 0, "gradient is the slope"),
    ("a palette, straight through", 1, .palette(levels: 6), 0, "gradient is the slope"),
  ])
  func masksOfOtherMakesAreCaught(
    _ name: String, _ scale: Float, _ mask: Mask, _ bias: Float, _ check: String
  ) throws {
    let report = try panel().run(Wrapped(base: plain(), scale: scale, mask: mask, bias: bias))
    #expect(try status(check, in: report) == .red, "\(report.checks)")
  }

  /// Values that are honest and slopes that are not: signs turned at random, the slopes of other entries,
  /// honest on frames of black and white alone and gone or turned elsewhere, waves too small to matter and
  /// too steep to follow, and a thermometer code as differentiable as its steps are steep. PGD would be
  /// fooled by each; each by the check that it has to fail.
  @Test(arguments: [
    (Mask.signs(byValue: false), "gradient is the slope"), (.signs(byValue: true), "gradient is the slope"),
    (.mirrored, "gradient is the slope"), (.cleanOnly(elsewhere: 0), "pgd ≥ fgsm"),
    (.cleanOnly(elsewhere: -1), "pgd ≥ fgsm"), (.waves(0.001), "gradient leads"),
    (.waves(0.003), "gradient leads"), (.waves(0.01), "gradient leads"),
    (.thermometer(1e3), "pgd ≥ square"), (.cleaned(beyond: 0.01), "pgd ≥ smaller changes"),
    (.uncrowded(most: 15), "pgd ≥ smaller changes"),
  ])
  func slopesThatMisleadAreCaught(_ mask: Mask, _ check: String) throws {
    let report = try panel(Epsilon(16, over: 255)).run(Wrapped(base: plain(), mask: mask))
    #expect(try status(check, in: report) == .red, "\(report.checks)")
  }

  /// Attacks of a size between the levels of 8 bits give themselves away to a policy that knows its camera; on the levels there is
  /// enough to flip it.
  @Test func aPolicyThatCleansWhatIsOffTheLevelsIsCaught() throws {
    let policy = Wrapped(base: try plain(), mask: .onLevels)
    let report = try panel(Epsilon(0.062)).run(policy)
    #expect(try status("pgd ≥ smaller changes", in: report) == .red, "\(report.checks)")
  }

  /// An expectation, which a policy that draws nothing does not need, and noise beside it hide no detector.
  @Test(arguments: [Float(0), 0.003])
  func anExpectationHidesNothing(_ noise: Float) throws {
    let policy = Wrapped(base: try plain(), inputNoise: noise, mask: .cleaned(beyond: 0.01))
    let report = try panel(Epsilon(16, over: 255), episodes: 24, expectation: 2).run(policy)
    #expect(try status("pgd ≥ smaller changes", in: report) == .red, "\(report.checks)")
    #expect(try status("all of the change counts", in: report) == .red, "\(report.checks)")
  }

  /// What changes the policy and hides nothing is no mask: soft steps, and a temperature that leaves the softmax alive.
  @Test(arguments: [(Float(1), Mask.thermometer(20)), (1, .thermometer(100)), (20, .none)])
  func honestTransformsPass(_ scale: Float, _ mask: Mask) throws {
    let report = try panel().run(Wrapped(base: plain(), scale: scale, mask: mask))
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(try #require(report.flipRate) > 0.5)
  }

  /// What is done inside: hidden units that are driven into saturation, the largest few of them alone, rounded scores, and
  /// scores that level off. Where winners alone count, several checks may be the one that fails.
  @Test(arguments: [
    (Inside.saturation(1e4), "gradient not zero" as String?), (.winners(2), nil),
    (.rounding(0.5), "gradient not zero"), (.ceiling(0.05), "gradient not zero"),
  ])
  func masksInsideAreCaught(_ inside: Inside, _ check: String?) throws {
    let report = try panel().run(Wrapped(base: plain(), inside: inside))
    #expect(try check.map { try status($0, in: report) } ?? report.status == .red, "\(report.checks)")
  }

  /// The slope is true, and so are the scores, but both lead where the policy is surer: a search that sees actions alone is not led
  /// astray.
  @Test func scoresThatMisleadAreCaught() throws {
    let report = try panel(Epsilon(16, over: 255)).run(Wrapped(base: plain(), inside: .decoy(near: 0.02)))
    #expect(try status("pgd ≥ hopskipjump", in: report) == .red, "\(report.checks)")
  }

  /// A policy that does the same whatever it sees shows no slope at all: nothing was compared.
  @Test(arguments: [Float(1), 0.1, 0.7])
  func nothingComparedIsNoGreen(_ bias: Float) throws {
    let report = try panel().run(Wrapped(base: plain(), scale: 0, bias: bias))
    #expect(try status("gradient leads", in: report) == .amber, "\(report.checks)")
  }

  /// Beyond the range nothing is ever seen: what a policy would do there says nothing of its gradient.
  @Test func slopesAreComparedWithinTheRange() throws {
    let report = try panel().run(Wrapped(base: plain(), mask: .steepOutside))
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
  }

  /// Steep, but what there is to find is found up the margin.
  @Test func aSteepPolicyPasses() throws {
    let report = try panel().run(Wrapped(base: plain(), inside: Inside.saturation(1e2)))
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(try #require(report.flipRate) > 0.6)
  }

  /// What is jagged, but not so much that the attack fails: no green, and most frames flip.
  @Test(arguments: [Inside.saturation(3e2), .winners(8)])
  func jaggedPoliciesAreNoGreen(_ inside: Inside) throws {
    let report = try panel().run(Wrapped(base: plain(), inside: inside))
    #expect(report.status > .green)
    #expect(try #require(report.flipRate) > 0.6)
  }

  /// A picture that is moved at random by a pixel, as random resizing and cropping do.
  @Test func randomShiftsAreCaught() throws {
    let policy = Wrapped(base: try plain(), isShifted: true)
    let report = try panel(episodes: 24).run(policy)
    #expect(report.status == .red)
    #expect(try status("steady answers", in: report) == .red)
    #expect(try status("steady answers", in: panel(episodes: 24, expectation: 8).run(policy)) == .amber)
  }

  /// Noise on what is seen: red without an expectation, and amber, with flips, with one.
  @Test func noiseOnTheInputIsCaught() throws {
    let policy = Wrapped(base: try plain(), inputNoise: 0.05)
    let report = try panel(episodes: 24).run(policy)
    #expect(report.status == .red)
    #expect(try status("steady answers", in: report) == .red)
    let averaged = try panel(episodes: 24, expectation: 8).run(policy)
    #expect(try status("steady answers", in: averaged) == .amber)
    #expect(try #require(averaged.flipRate) > 0.3)
  }

  /// A policy that sees a mean of two frames. Where the older one has most of the weight, an attack of the newest is told to be
  /// late, and one of both has nothing to be told.
  @Test(arguments: [(Float(0.5), Check.Status.green), (0.1, .amber), (0.02, .red)])
  func aPolicyThatActsLateIsCaught(_ weight: Float, _ status: Check.Status) throws {
    let policy = Late(base: try plain(), weight: weight)
    let check = try #require(
      panel(frames: 2, episodes: 8).run(policy).checks.first { $0.name == "newest frame counts" })
    #expect(check.status == status)
    #expect(abs(check.figures[0].value - Double(weight)) < 1e-4)
    #expect(check.figures[1].value == 0.5)
    let all = try panel(changing: .all, frames: 2, episodes: 8).run(policy)
    #expect(!all.checks.contains { $0.name == check.name })
  }

  /// Hardened for a smaller size, this policy is so flat around its frames that PGD finds next to nothing, and slopes at the
  /// boundary lead to most of them.
  @Test func aFlatPolicyIsCaught() throws {
    let file = try PolicyFile(
      contentsOf: PolicyFile.locate(
        "breakout-v1-ppo-robust", policies: repository.appendingPathComponent("Policies")))
    let panel = Panel(
      Evaluation(
        environment: try repositoryCatalog().definition(for: "breakout-v1"), frames: 1, seed: 0, episodes: 12),
      within: ThreatModel(epsilon: Epsilon(24, over: 255)), steps: 10, tries: 20, queries: 50)
    let report = try panel.run(file.victim)
    #expect(try status("pgd ≥ boundary", in: report) == .red, "\(report.checks)")
    #expect(try #require(report.flipRate) < 0.2)
  }

  /// A single step that is too long leads nowhere in particular; where PGD flips the frame all the same, nothing is wrong.
  @Test func aLargeEpsilonIsNoFault() throws {
    let file = try PolicyFile(
      contentsOf: PolicyFile.locate(
        "catch-v1-dqn-adversarial", policies: repository.appendingPathComponent("Policies")))
    let report = try panel(Epsilon(128, over: 255), episodes: 24).run(file.victim)
    #expect(try status("gradient leads", in: report) == .green, "\(report.checks)")
  }

  /// A policy that shows no gradient at all.
  @Test func aClosedPolicyIsNotCalledRobust() throws {
    struct Closed: Policy {
      let base: NetworkPolicy
      func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
        base.act(on: observations, memory: &memory, using: &random)
      }
    }
    let report = try panel(episodes: 16).run(Closed(base: plain()))
    #expect(try status("a white-box attack", in: report) == .red)
  }

  @Test func threadsDoNotChangeTheReport() throws {
    let (panel, policy) = (try panel(episodes: 40), try plain())
    #expect(try panel.run(policy).checks == panel.run(policy, workers: Workers(threads: 2)).checks)
  }

  @Test func aSampleHoldsFramesOfEveryEpisode() throws {
    let evaluation = try panel().evaluation
    let sample = try FrameSample(from: plain(), in: evaluation, framesPerEpisode: 4)
    #expect(sample.episodes == (0..<48).flatMap { Array(repeating: $0, count: 4) })
    // Catch has nine steps: with more asked for, all of them.
    #expect(try FrameSample(from: plain(), in: evaluation, framesPerEpisode: 20).count == 48 * 9)
  }
}

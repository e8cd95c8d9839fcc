import Attacks
import Evaluation
import Policies
import RandomStreams
import Synchronization
import Tensors
import Testing

/// Policies that answer an attack otherwise than whom it attacks: by what else is asked, by what was asked before, by chance off
/// their own frames, or with scores that do not speak for their actions. Each is the honest policy of the corridor otherwise.
@Suite struct AnswerTests {
  private func report(_ policy: any Policy) throws -> Panel.Report {
    try Panel(
      Corridor.evaluation(), within: ThreatModel(epsilon: Epsilon(0.125)), steps: 10, restarts: 1, tries: 16,
      framesPerEpisode: 1, surrogate: TwoActions.honest
    ).run(policy)
  }

  private func check(_ name: String, of policy: any Policy) throws -> Check {
    try #require(report(policy).checks.first { $0.name == name })
  }

  @Test func anHonestPolicyAnswersByTheObservationAlone() throws {
    let checks = try report(TwoActions.honest).checks
    for name in ["steady answers", "answers stand alone"] {
      let check = try #require(checks.first { $0.name == name })
      #expect(check.status == .green && check.figures.allSatisfy { $0.value == 0 })
    }
  }

  /// Cleans what it is shown where two or more observations of a batch are none of its own.
  @Test func whatElseIsAskedMayNotCount() throws {
    let policy = Shy { rows in rows.count { $0 } > 1 ? rows : rows.map { _ in false } }
    let check = try check("answers stand alone", of: policy)
    #expect(check.status == .red && check.figures[0].value > 0.9, "\(check)")
  }

  /// Cleans all that is none of its own once it has seen such a thing.
  @Test func whatWasAskedBeforeMayNotCount() throws {
    let questions = Questions()
    let policy = Shy { rows in
      let isWarned = rows.contains(true) && questions.isKnown()
      return rows.map { $0 && isWarned }
    }
    let check = try check("answers stand alone", of: policy)
    #expect(check.status == .red && check.figures[1].value > 0.9, "\(check)")
  }

  /// A policy that acts by a mean of the frame and the one that it remembers, in proportion to it: of what a frame does to its scores
  /// the share at once is the frame's weight.
  @Test(arguments: [(Float(0.5), Check.Status.green), (0.1, .amber), (0.01, .red)])
  func aPolicyThatRemembersAndActsLateIsCaught(_ weight: Float, _ status: Check.Status) throws {
    let check = try check("frame counts at once", of: Remembering(weight: weight))
    #expect(check.status == status)
    #expect(abs(check.figures[0].value - Double(weight)) < 1e-5)
    #expect(check.figures[1].value == 0.25)
  }

  /// The gates of a network that remembers are half open to begin with: a frame tells at once, and half as much in the next look.
  @Test func aRecurrentPolicyIsNotTakenForALateOne() throws {
    let policy = try Corridor.policy([.flatten, .lstm(units: 8), .dense(outputs: 2, activation: .identity)])
    #expect(try check("frame counts at once", of: policy).status == .green)
  }

  @Test func whatRemembersNothingIsNotAskedAboutIt() throws {
    #expect(try !report(TwoActions.honest).checks.contains { $0.name == "frame counts at once" })
  }

  @Test func scoresSpeakForTheAction() throws {
    let check = try check("answers stand alone", of: Costs())
    #expect(check.status == .red && check.figures[2].value == 1, "\(check)")
  }

  @Test func noiseOffTheFramesIsSeen() throws {
    let check = try check("steady answers", of: Nervous())
    #expect(check.status == .red && check.figures[0].value > 0.9, "\(check)")
  }
}

/// What the policy of the corridor sees of its wall on frames of its own.
private func isOwn(_ wall: Float) -> Bool { wall == 0.2 }

private func walls(_ observations: Tensor) -> [Float] {
  let (length, pixels) = (observations.count / observations.shape[0], observations.elements)
  return stride(from: 0, to: pixels.count, by: length).map { pixels[$0] }
}

/// Sees some observations of a batch as if nobody had changed them.
private struct Shy: DifferentiablePolicy {
  /// By whether each is none of its own.
  let cleans: @Sendable (_ isForeign: [Bool]) -> [Bool]

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let isCleaned = cleans(walls(observations).map { !isOwn($0) })
    let shares = Tensor(isCleaned.map { $0 ? 0 : 1 }, shape: [isCleaned.count, 1, 1, 1])
    let own = Tensor(repeating: 0.2, shape: observations.shape)
    return TwoActions.honest.scores(
      for: own + (observations - own) * shares, memory: &memory, using: &random)
  }
}

private final class Questions: Sendable {
  private let asked = Atomic(false)
  /// Whether this was asked before.
  func isKnown() -> Bool { asked.exchange(true, ordering: .relaxed) }
}

/// Takes the action with the smallest score.
private struct Costs: DifferentiablePolicy {
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    -TwoActions.honest.scores(for: observations, memory: &memory, using: &random)
  }

  func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int] { (-scores).argmax() }
}

/// Draws noise where an observation is none of its own.
private struct Nervous: DifferentiablePolicy {
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let noise = walls(observations).enumerated().map { row, wall in
      isOwn(wall) ? 0 : Float(random[row].normal()) * 0.1
    }
    return TwoActions.honest.scores(for: observations, memory: &memory, using: &random)
      + Tensor(noise, shape: [noise.count, 1]) * Tensor([0, 1])
  }
}

import Environments
import Networks
import Policies
import RandomStreams
import Synchronization
import Tensors
import Testing

@testable import Agents

/// Shows the number of steps, and pays 1 for each.
private struct Clock: Environment, Codable {
  /// The step with which it terminates; nil for never.
  let end: Int?
  private var elapsed = 0
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1, low: 0, high: 9) }
  var actions: [String] { ["on", "off"] }

  init(end: Int?) { self.end = end }

  mutating func reset(using random: inout some Randomness) { elapsed = 0 }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    elapsed += 1
    return Outcome(reward: 1, ending: elapsed == end ? .terminated : nil)
  }

  func observe(into frame: inout MutableSpan<Float>) { frame[0] = Float(elapsed) }
}

/// Adds nothing to the loss, and keeps what it is shown.
private final class Spy: LossDefenseRecipe, LossDefense {
  private let kept = Mutex<[Transitions]>([])
  var shown: [Transitions] { kept.withLock { $0 } }

  func defense(
    for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64
  ) -> any LossDefense { self }

  func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) -> LossTerm? {
    kept.withLock { $0.append(experience) }
    return nil
  }

  func measures(at progress: Float) -> [String: Float] { [:] }
}

/// What defenses learn from, and what becomes of what they add. Episodes take three steps.
@Suite struct LossDefenseTests {
  /// By hand: a lane's next row follows, and nothing where the episode terminated. What follows a
  /// truncation, or the horizon's end, is not in the buffer.
  @Test(arguments: [true, false])
  func policyGradientsShowWhatFollows(_ terminates: Bool) throws {
    var configuration = PPO.Configuration()
    (configuration.lanes, configuration.horizon) = (2, 5)
    configuration.network = .init(.mlp, hidden: [8])
    configuration.discount = .constant(0.5)
    let vector = EnvironmentVector(Clock(end: terminates ? 3 : nil), limit: 3, count: 2)
    var agent = try PPO(configuration, environments: vector, seed: 1)
    let spy = Spy()
    try agent.harden(by: spy)
    _ = try agent.learner.collect(progress: 0, hardening: nil)
    let nothing = [Float](repeating: 0, count: 10)
    _ = try agent.learn(from: Array(0..<10), advantages: nothing, returns: nothing, progress: 0)
    let shown = try #require(spy.shown.first)
    let (frames, next) = (shown.observations.elements, shown.next.elements)
    #expect(frames == [0, 0, 1, 1, 2, 2, 0, 0, 1, 1])
    let last: Float = terminates ? 0 : 0.5
    #expect(shown.discounts == [0.5, 0.5, 0.5, 0.5, last, last, 0.5, 0.5, 0.5, 0.5])
    #expect(shown.isFollowed == [true, true, true, true, terminates, terminates, true, true, false, false])
    for row in [0, 1, 2, 3, 6, 7] { #expect(next[row] == frames[row] + 1) }
  }

  /// A replay knows what follows a truncation, too.
  @Test(arguments: [true, false])
  func deepQLearningShowsWhatFollows(_ terminates: Bool) throws {
    var configuration = DQN.Configuration()
    (configuration.lanes, configuration.learningStart) = (2, 20)
    configuration.network = .init(.mlp, hidden: [8])
    configuration.discount = .constant(0.5)
    let vector = EnvironmentVector(Clock(end: terminates ? 3 : nil), limit: 3, count: 2)
    var agent = try DQN(configuration, environments: vector, seed: 1)
    let spy = Spy()
    try agent.harden(by: spy)
    while agent.updates == 0 { _ = try agent.advance(progress: 0, hardening: nil) }
    let shown = try #require(spy.shown.first)
    let (frames, next) = (shown.observations.elements, shown.next.elements)
    // Three in ten have frame 2: that none of 32 has it has a chance of 0.7³².
    #expect(Set(frames) == [0, 1, 2])
    #expect(next == frames.map { $0 + 1 })
    #expect(shown.discounts == frames.map { terminates && $0 == 2 ? 0 : 0.5 })
    #expect(!shown.isFollowed.contains(false))
  }

  /// By hand: a quarter of 8 and the sums 3 and 7 over four rows, 2 + 2.5. What else is to be known stays.
  @Test func termsAreAddedToAShareOfTheLoss() throws {
    let network = try Network(
      .init(input: [1], layers: [.dense(outputs: 2, activation: .identity)]),
      parameters: [.zeros([1, 2]), .zeros([2])])
    let term = LossTerm(ownShare: 0.25) { _, shard in shard.scores.sum(alongAxis: -1) }
    let shard = LossTerm.Shard(
      rows: 1..<3, observations: .zeros([2, 1]), scores: Tensor([1, 2, 3, 4], shape: [2, 2]))
    let losses = term.added(to: [Tensor(8), Tensor(3)], policy: network, shard: shard, count: 4)
    #expect(losses.map(\.scalar) == [4.5, 3, 2.5])
  }
}

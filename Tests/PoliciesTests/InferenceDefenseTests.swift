import Environments
import Foundation
import Networks
import RandomStreams
import Tensors
import TestSupport
import Testing

@testable import Policies

@Suite struct InferenceDefenseTests {
  private let base: NetworkPolicy
  private let observations: Tensor

  init() throws {
    var random = RandomStream(seed: 21)
    base = NetworkPolicy(
      try Network(
        .init(
          input: [4, 4, 1],
          layers: [
            .flatten, .dense(outputs: 12, activation: .relu), .dense(outputs: 3, activation: .identity),
          ]),
        initializer: .kaiming, using: &random))
    observations = random.tensor([5, 4, 4, 1], in: 0...1)
  }

  private func scores(_ policy: any ScoringPolicy, _ observations: Tensor, seed: UInt64 = 0) -> Tensor {
    var memory = Memory()
    var random = (0..<observations.shape[0]).map { RandomStream(seed: seed, stream: .policy, index: $0) }
    return policy.scores(for: observations, memory: &memory, using: &random)
  }

  @Test func paletteSeesTheNearestValue() {
    let policy = QuantizedPolicy(base, Palette([0, 0.25, 1]))
    let seen = policy.palette.nearest(to: Tensor([-1, 0.1, 0.124, 0.126, 0.6, 0.63, 2, 0.125]))
    #expect(seen.elements == [0, 0, 0, 0.25, 0.25, 1, 1, 0])
    let levels = Palette(levels: 3).nearest(to: Tensor([-1, 0.2, 0.3, 0.7, 0.8, 3]))
    #expect(levels.elements == [0, 0, 0.5, 0.5, 1, 1])
  }

  /// Whatever the box, no point in it shows the network anything outside of what is said.
  @Test(arguments: [InferenceDefense.rounding(levels: 5), .palette([0, 0.3, 0.5, 1])])
  func seenBoxesHoldWhatIsSeen(_ defense: InferenceDefense) throws {
    let policy = try #require(defense.wrapping(base) as? any BoundedPolicy)
    var random = RandomStream(seed: 2)
    let box = Bounds(lower: observations - 0.07, upper: observations + 0.07)
    let seen = policy.seen(box)
    let actions = scores(policy, observations).argmax()
    let certified = policy.certified(actions, over: box, usesLinearBounds: true).byAny
    #expect(certified.contains(true))
    for _ in 0..<300 {
      let point = observations + random.tensor(observations.shape, in: -0.07...0.07)
      let shown = policy.seen(Bounds(lower: point, upper: point)).lower
      #expect(zip(shown.elements, seen.lower.elements).allSatisfy { $0 >= $1 })
      #expect(zip(shown.elements, seen.upper.elements).allSatisfy { $0 <= $1 })
      for (row, action) in scores(policy, point).argmax().enumerated() where certified[row] {
        #expect(action == actions[row])
      }
    }
  }

  /// Through a palette or levels passes no gradient; the straight-through policy has the same scores and a gradient, also where
  /// one stands behind another.
  @Test(arguments: [
    [InferenceDefense.palette([0, 0.5, 1])], [.rounding(levels: 4)],
    [.rounding(levels: 4), .palette([0, 0.3, 1])],
    [.palette([0, 0.3, 1]), .rounding(levels: 4)],
  ])
  func gradientsPassOnlyStraightThrough(_ defenses: [InferenceDefense]) throws {
    var wrapped: any DifferentiablePolicy = base
    for defense in defenses.reversed() { wrapped = defense.wrapping(wrapped) }
    let policy = try #require(wrapped as? any ObscuredPolicy)
    let open = policy.straightThrough
    #expect(scores(open, observations) == scores(policy, observations))
    let gradients = [policy as any DifferentiablePolicy, open].map { policy in
      gradient(of: { scores(policy, $0).sum() }, at: observations).abs().sum().scalar
    }
    #expect(gradients[0] == 0 && gradients[1] > 0)
  }

  @Test func smoothingVotes() {
    let policy = SmoothedPolicy(base, sigma: 0.3, samples: 64)
    let shares = scores(policy, observations)
    for row in 0..<5 {
      let votes = shares.elements[(row * 3)..<(row * 3 + 3)].map { $0 * 64 }
      #expect(abs(votes.reduce(0, +) - 64) < 1e-3)
      #expect(votes.allSatisfy { abs($0 - $0.rounded()) < 1e-3 })
    }
    // The same streams, the same votes; what one observation draws does not depend on the others.
    #expect(scores(policy, observations) == shares)
    #expect(
      zip(scores(policy, observations.slice(0..<2)).elements, shares.elements).allSatisfy {
        abs($0 - $1) < 1e-6
      })
    #expect(scores(policy, observations, seed: 1) != shares)
    // Nearly no noise is nearly no change.
    #expect(
      scores(SmoothedPolicy(base, sigma: 1e-6, samples: 4), observations).argmax()
        == base.scores(for: observations).argmax())
    // The shares are whole votes, but they have the gradient of a mean softmax.
    #expect(
      gradient(of: { scores(policy, $0).slice(0..<1, alongAxis: 1).sum() }, at: observations).abs().sum()
        .scalar > 0)
  }

  /// For a base that is linear with two actions, the probability of an action and the distance at which it changes are known:
  /// the certified radius comes near to that distance from below.
  @Test func certifiedRadiusOfALinearPolicy() throws {
    let weight = Tensor([0.6, 0, 0.8, 0], shape: [2, 2])
    let policy = NetworkPolicy(
      try Network(
        .init(input: [1, 1, 2], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
        parameters: [weight, Tensor([0, 0])]))
    // x lies 0.6·1 + 0.8·0.5 = 1 from where both scores are equal.
    let smoothed = SmoothedPolicy(policy, sigma: 0.5, samples: 10)
    var random = [RandomStream(seed: 4)]
    let radius = try #require(
      smoothed.certifiedRadii(
        at: Tensor([1, 0.5], shape: [1, 1, 1, 2]), actions: [0], samples: 20_000, using: &random)[0])
    #expect(radius < 1 && radius > 0.93)
    // The other action is not the majority's.
    #expect(
      smoothed.certifiedRadii(
        at: Tensor([1, 0.5], shape: [1, 1, 1, 2]), actions: [1], samples: 1000, using: &random)[0] == nil)
  }

  /// SciPy: beta.ppf(0.001, k, n − k + 1) and norm.ppf.
  @Test func statistics() {
    #expect(abs(Binomial.lowerBound(successes: 990, of: 1000, error: 0.001) - 0.976036) < 1e-5)
    #expect(abs(Binomial.lowerBound(successes: 100, of: 100, error: 0.001) - 0.933254) < 1e-5)
    #expect(Binomial.lowerBound(successes: 0, of: 100, error: 0.001) == 0)
    #expect(abs(Binomial.normalQuantile(0.975) - 1.959964) < 1e-6)
  }

  @Test func filesKeepTheirDefenses() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("policy.safetensors")
      let defenses: [InferenceDefense] = [
        .rounding(levels: 3), .palette([0, 0.5, 1]), .smoothing(sigma: 0.2, samples: 8),
      ]
      let file = PolicyFile(
        policy: base,
        description: .init(
          environment: "catch-v1", environmentHash: "x", frame: BoxSpace(height: 4, width: 4, channels: 1),
          frames: 1, actions: ["a", "b", "c"], agent: .dqn, seed: 0, steps: 0, configuration: [:],
          inference: defenses))
      try file.write(to: url)
      let read = try PolicyFile(contentsOf: url)
      #expect(read.description.inference == defenses)
      #expect(scores(read.victim, observations) == scores(file.victim, observations))
      let expected = QuantizedPolicy(
        QuantizedPolicy(SmoothedPolicy(base, sigma: 0.2, samples: 8), Palette([0, 0.5, 1])),
        Palette(levels: 3))
      #expect(scores(read.victim, observations) == scores(expected, observations))

      var plain = file
      plain.description.inference = nil
      #expect(plain.victim is ActionValuePolicy)
      var wrong = file
      wrong.description.inference = [.smoothing(sigma: 0.2, samples: 8), .rounding(levels: 3)]
      try wrong.write(to: url)
      #expect(throws: PolicyError.self) { try PolicyFile(contentsOf: url) }
      wrong.description.inference = [.palette([1, 0])]
      try wrong.write(to: url)
      #expect(throws: PolicyError.self) { try PolicyFile(contentsOf: url) }
    }
  }
}

import Attacks
import Environments
@testable import Evaluation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

@Suite struct CertificationTests {
  private func definition() throws -> EnvironmentDefinition {
    try repositoryCatalog()
      .definition(for: "catch-v1")
  }

  private func policy(_ layers: [Layer], frames: Int = 1) throws -> NetworkPolicy {
    var random = RandomStream(seed: 8)
    return NetworkPolicy(
      try Network(.init(input: [10, 10, frames], layers: layers), initializer: .kaiming, using: &random))
  }

  private func certification(
    _ epsilons: [Epsilon], attack: String? = nil, frames: Int = 1,
    changing changed: ThreatModel.Frames = .newest
  ) throws -> Certification {
    Certification(
      Evaluation(environment: try definition(), frames: frames, seed: 3, episodes: 10),
      threat: ThreatModel(epsilon: Epsilon(0), frames: changed), epsilons: epsilons,
      attack: try attack.map { try AttackPlan($0) })
  }

  /// For scores that are linear in the observation the best attack is known: every pixel moves against the
  /// difference of two scores as far as it may. What it cannot flip must be certified, up to rounding, and
  /// nothing else. Of two frames the older one stays where the newest alone may change.
  @Test(arguments: [(1, ThreatModel.Frames.newest), (2, .newest), (2, .all)])
  func linearScoresAreCertifiedWhereTheBestAttackFails(_ depth: Int, _ changed: ThreatModel.Frames) throws {
    let policy = try policy([.flatten, .dense(outputs: 3, activation: .identity)], frames: depth)
    let weight = policy.network.parameters[0].elements
    let environment = try definition()
    for epsilon in [0.002, 0.01, 0.05] {
      var (frames, safe) = (0, 0)
      for seed in 3..<13 {
        var vector = environment.makeVector(count: 1)
        vector.reset(0, seed: UInt64(seed))
        var outcomes = [Outcome(reward: 0, ending: nil)]
        var stack: [[Float]] = []
        repeat {
          var frame = [Float](repeating: 0, count: 100)
          var span = frame.mutableSpan
          vector.observe(0, into: &span)
          stack = stack.isEmpty ? Array(repeating: frame, count: depth) : stack.dropFirst() + [frame]
          let seen = (0..<100).flatMap { pixel in stack.map { $0[pixel] } }
          let scores = policy.scores(for: Tensor(seen, shape: [1, 10, 10, depth]))
          let action = scores.argmax()[0]
          frames += 1
          let isSafe = (0..<3).allSatisfy { other in
            if other == action { return true }
            var margin = Double(scores.elements[action]) - Double(scores.elements[other])
            for entry in seen.indices where changed == .all || entry % depth == depth - 1 {
              let slope = Double(weight[entry * 3 + action]) - Double(weight[entry * 3 + other])
              let value = Double(seen[entry])
              let room = slope > 0 ? value - max(value - epsilon, 0) : min(value + epsilon, 1) - value
              margin -= abs(slope) * room
            }
            return margin > 0
          }
          if isSafe { safe += 1 }
          vector.step([action], running: nil, outcomes: &outcomes)
        } while outcomes[0].ending == nil
      }
      let row = try certification([Epsilon(epsilon)], frames: depth, changing: changed).run(policy).rows[0]
      #expect(row.frames == frames)
      #expect(row.certifiedByIntervals == safe && row.certified == safe)
    }
  }

  /// Two pixels of two frames with two channels each, the older frame first, moved by a quarter and what is
  /// forgiven.
  @Test func theBoxIsWhatMayChange() throws {
    let observation: [Float] = [0.5, 0, 0.5, 1, 0, 0.5, 1, 0.5]
    let moved: Float = 0.25 + 2e-6
    let lowest = observation.map { max($0 - moved, 0) }
    let highest = observation.map { min($0 + moved, 1) }
    for changed in ThreatModel.Frames.allCases {
      let box = try certification([], frames: 2, changing: changed)
        .box(around: Tensor(observation, shape: [1, 1, 2, 4]), Epsilon(0.25))
      let isFree = observation.indices.map { changed == .all || $0 % 4 >= 2 }
      for (index, value) in observation.enumerated() {
        #expect(abs(box.lower.elements[index] - (isFree[index] ? lowest[index] : value)) < 1e-7)
        #expect(abs(box.upper.elements[index] - (isFree[index] ? highest[index] : value)) < 1e-7)
      }
    }
  }

  /// The scores' difference is 2.3 less 1 for the paddle, and less or more 1 for a ball on the left or on
  /// the right: 0.3 or 2.3, under noise with the deviation 0.02 in 100 entries of slope ±1, which is 0.2.
  /// NumPy's `default_rng(seed).integers(10)` puts 3 of the balls to the left. On the right all of 1,000
  /// draws agree: the radius is 0.02·Φ⁻¹(0.001^(1/1000)) = 0.0493, and the farthest corner of a box at 10
  /// epsilon. On the left it is 0.02·1.5 less what the draws leave open, which is between 0.0155 and 0.04
  /// but for odds of one in a billion.
  @Test func votesAreCertifiedWithinTheirRadius() throws {
    let weights = (0..<100).flatMap { pixel -> [Float] in [0, pixel >= 90 || pixel % 10 < 5 ? 1 : -1] }
    let base = NetworkPolicy(
      try Network(
        .init(input: [10, 10, 1], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
        parameters: [Tensor(weights, shape: [100, 2]), Tensor([0, -2.3])]))
    let rows = try certification([0.0015, 0.004, 0.0045, 0.006].map { Epsilon($0) })
      .run(SmoothedPolicy(base, sigma: 0.02, samples: 100)).rows
    #expect(rows.allSatisfy { $0.frames == 90 && $0.certifiedByIntervals == 0 })
    #expect(rows.map(\.certified) == [90, 63, 63, 0])
    // From seed 3 on the columns 8, 7, 6, 4, 9, 7, 4, 7, 1, 6.
    #expect(
      rows[1].isWholeEpisodeCertified == [true, true, true, false, true, true, false, true, false, true])
  }

  @Test func linearBoundsProveMoreAndSizesLess() throws {
    let policy = try policy([
      .convolution(filters: 4, kernel: 3, activation: .relu), .flatten,
      .dense(outputs: 16, activation: .relu), .dueling(outputs: 3),
    ])
    let certification = try certification(
      [Epsilon(0.05), Epsilon(0.002), Epsilon(0.01)], attack: "fgsm")
    let result = try certification.run(policy)
    #expect(result.rows.map(\.epsilon.value) == [0.002, 0.01, 0.05])
    #expect(result.rows.allSatisfy { $0.certified >= $0.certifiedByIntervals })
    #expect(result.rows[1].certified > result.rows[1].certifiedByIntervals)
    #expect(zip(result.rows, result.rows.dropFirst()).allSatisfy { $0.certified >= $1.certified })
    for row in result.rows {
      let attacked = try #require(row.attacked)
      // The order of returns: certified, found, clean or anything.
      #expect(row.certifiedReturn(of: result.clean, lowest: -1) <= attacked.mean)
      #expect(row.certifiedReturn(of: result.clean, lowest: -1) <= result.clean.mean)
      #expect(attacked.episodes.count == 10)
      // An episode that is certified whole goes on as if there were no attack.
      for (episode, isCertified) in row.isWholeEpisodeCertified.enumerated() where isCertified {
        #expect(attacked.returns[episode] == result.clean.returns[episode])
      }
    }
    let threaded = try certification.run(policy, workers: Workers(threads: 2))
    #expect(threaded.rows.map(\.certified) == result.rows.map(\.certified))
    #expect(threaded.rows.map(\.attacked?.returns) == result.rows.map(\.attacked?.returns))
  }

  /// A policy whose bounds are those of the clean frame alone: an attack that changes its action has refuted them.
  private struct Boaster: BoundedPolicy, DifferentiablePolicy {
    let base: NetworkPolicy
    var network: Network { base.network }
    func seen(_ box: Bounds) -> Bounds {
      let middle = (box.lower + box.upper) * 0.5
      return Bounds(lower: middle, upper: middle)
    }
    func scores(
      for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
    ) -> Tensor { base.scores(for: observations, memory: &memory, using: &random) }
  }

  @Test func aRefutedCertificateEndsTheRun() throws {
    let honest = try policy([.flatten, .dense(outputs: 3, activation: .identity)])
    let certification = try certification([Epsilon(0.3)], attack: "fgsm")
    _ = try certification.run(honest)
    #expect(throws: CertificationError.self) { try certification.run(Boaster(base: honest)) }
  }

  @Test func recurrentPoliciesAreRefused() throws {
    let policy = try policy([.flatten, .lstm(units: 3)])
    #expect(throws: NetworkError.self) { try certification([Epsilon(0.1)]).run(policy) }
  }
}

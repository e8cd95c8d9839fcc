import Attacks
import Environments
import Evaluation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

@Suite struct CertificationTests {
  private func definition() throws -> EnvironmentDefinition {
    try EnvironmentCatalog(folder: repository.appendingPathComponent("Environments").path)
      .definition(for: "catch-v1")
  }

  private func policy(_ layers: [Layer]) throws -> NetworkPolicy {
    var random = RandomStream(seed: 8)
    return NetworkPolicy(
      try Network(.init(input: [10, 10, 1], layers: layers), initializer: .kaiming, using: &random))
  }

  private func certification(_ epsilons: [Epsilon], attack: String? = nil) throws -> Certification {
    Certification(
      Evaluation(environment: try definition(), frames: 1, seed: 3, episodes: 10),
      threat: ThreatModel(epsilon: Epsilon(0)), epsilons: epsilons,
      attack: try attack.map { try AttackPlan($0) })
  }

  /// For scores that are linear in the observation the best attack is known: every pixel moves against the difference of two
  /// scores as far as it may. What it cannot flip must be certified, up to rounding, and nothing else.
  @Test func linearScoresAreCertifiedWhereTheBestAttackFails() throws {
    let policy = try policy([.flatten, .dense(outputs: 3, activation: .identity)])
    let weight = policy.network.parameters[0].elements
    let environment = try definition()
    for epsilon in [0.002, 0.01, 0.05] {
      var (frames, safe) = (0, 0)
      for seed in 3..<13 {
        var vector = environment.makeVector(count: 1)
        vector.reset(0, seed: UInt64(seed))
        var outcomes = [Outcome(reward: 0, ending: nil)]
        repeat {
          var frame = [Float](repeating: 0, count: 100)
          var span = frame.mutableSpan
          vector.observe(0, into: &span)
          let scores = policy.scores(for: Tensor(frame, shape: [1, 10, 10, 1]))
          let action = scores.argmax()[0]
          frames += 1
          let isSafe = (0..<3).allSatisfy { other in
            if other == action { return true }
            var margin = Double(scores.elements[action]) - Double(scores.elements[other])
            for pixel in 0..<100 {
              let slope = Double(weight[pixel * 3 + action]) - Double(weight[pixel * 3 + other])
              let value = Double(frame[pixel])
              let room = slope > 0 ? value - max(value - epsilon, 0) : min(value + epsilon, 1) - value
              margin -= abs(slope) * room
            }
            return margin > 0
          }
          if isSafe { safe += 1 }
          vector.step([action], running: nil, outcomes: &outcomes)
        } while outcomes[0].ending == nil
      }
      let row = try certification([Epsilon(epsilon)]).run(policy).rows[0]
      #expect(row.frames == frames)
      #expect(row.certifiedByIntervals == safe && row.certified == safe)
    }
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

import Attacks
@testable import Evaluation
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// The frames that the panel looks at.
@Suite struct FrameSampleTests {
  private let evaluation: Evaluation
  private let policy: NetworkPolicy
  /// How far the largest score lies above the smallest, and the episode, on each frame of all.
  private let gaps: [(gap: Float, episode: Int)]

  init() throws {
    evaluation = Evaluation(
      environment: try repositoryCatalog().definition(for: "catch-v1"), frames: 1, seed: 0, episodes: 48)
    policy = try PolicyFile(
      contentsOf: PolicyFile.locate(
        "catch-v1-dqn", policies: repository.appendingPathComponent("Policies"))
    ).policy
    let all = try FrameSample(from: policy, in: evaluation, framesPerEpisode: 9)
    gaps = Array(zip(Self.gaps(of: policy, at: all.observations), all.episodes))
  }

  private static func gaps(of policy: NetworkPolicy, at observations: Tensor) -> [Float] {
    let scores = policy.scores(for: observations, memory: Memory())
    return (scores.max() - scores.min()).elements
  }

  @Test func theSurestFrameOfEachEpisode() throws {
    let surest = try FrameSample(surestOf: policy, in: evaluation)
    #expect(surest.episodes == Array(0..<48))
    #expect(
      Self.gaps(of: policy, at: surest.observations)
        == (0..<48).map { episode in gaps.filter { $0.episode == episode }.map(\.gap).max()! })
  }

  /// A policy that cleans all but small changes from the few frames on which it prefers an action most: 2% of all.
  @Test func cliffsOnFewFramesAreSeen() throws {
    let bar = gaps.map(\.gap).sorted()[gaps.count * 98 / 100]
    let report = try Panel(
      evaluation, within: ThreatModel(epsilon: Epsilon(8, over: 255)), steps: 5, restarts: 1, tries: 5,
      queries: 10, surrogate: policy
    ).run(Decisive(base: policy, bar: bar))
    func jumps(_ name: String) throws -> Double {
      let check = try #require(report.checks.first { $0.name == name })
      return try #require(check.figures.first { $0.name == "within epsilon" }).value
    }
    let episodes = Set(gaps.filter { $0.gap > bar }.map(\.episode)).count
    #expect(try jumps("surest frames") > 0.8 * Double(episodes) / 48, "\(report.checks)")
    #expect(try jumps("no cliffs") < jumps("surest frames") / 2)
    #expect(report.checks.first { $0.name == "surest frames" }?.status == .red)
  }

  private struct Decisive: DifferentiablePolicy {
    let base: NetworkPolicy
    let bar: Float

    func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor
    {
      let clean = Palette(levels: 2).nearest(to: observations)
      let changes = (observations.stoppingGradient() - clean).abs().flattened().max().elements
      let shares = zip(gaps(of: base, at: clean), changes).map { gap, change -> Float in
        gap > bar && change > 4.0 / 255 ? 0 : 1
      }
      return base.scores(
        for: clean + (observations - clean) * Tensor(shares, shape: [shares.count, 1, 1, 1]), memory: memory)
    }
  }
}

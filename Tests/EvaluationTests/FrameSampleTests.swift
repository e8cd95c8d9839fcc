import Attacks
import Networks
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

  /// An episode counts once, however many of its frames there are.
  @Test func episodesWeighTheSame() throws {
    let all = try FrameSample(from: policy, in: evaluation, framesPerEpisode: 3)
    let some = all.rows(at: [0, 3, 4, 5])
    #expect(some.episodes == [0, 1, 1, 1])
    #expect(some.byEpisode([1, 0, 0, 0]) == [1, 0])
    #expect(some.byEpisode([1, 0.5, 0, 1]) == [1, 0.5])
  }

  /// Of each episode's nine frames one is kept, each as often as any other: within five standard deviations. The ball is in the
  /// frame's own row.
  @Test func framesAreKeptAlike() throws {
    let many = Evaluation(environment: evaluation.environment, frames: 1, seed: 0, episodes: 2000)
    let sample = try FrameSample(from: policy, in: many, framesPerEpisode: 1)
    let rows = (0..<sample.count).map { frame in
      let elements = sample.observations.rows(at: [frame]).elements
      return elements.indices.first { elements[$0] > 0 }! / 10
    }
    let deviation = (2000.0 / 9 * 8 / 9).squareRoot()
    for row in 0..<9 {
      #expect(abs(Double(rows.count { $0 == row }) - 2000.0 / 9) < 5 * deviation, "\(row)")
    }
  }

  /// Frames come with what a recurrent policy remembered there: asked again, it answers as it did.
  @Test func memoriesAreKept() throws {
    let space = evaluation.environment.observationSpace
    var random = RandomStream(seed: 3)
    let recurrent = NetworkPolicy(
      try Network(
        .init(
          input: [space.height, space.width, space.channels],
          layers: [.flatten, .lstm(units: 4), .dense(outputs: 3, activation: .identity)]),
        initializer: .orthogonal, using: &random))
    let sample = try FrameSample(from: recurrent, in: evaluation, framesPerEpisode: 9)
    var memory = Memory()
    // An episode's nine frames in their order.
    for frame in 0..<9 {
      let row = sample.rows(at: [9 + frame])
      if frame > 0 { #expect(relativeError(row.memory.state[0], memory.state[0]) < 1e-5) }
      var none: [RandomStream] = []
      _ = recurrent.scores(for: row.observations, memory: &memory, using: &none)
    }
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

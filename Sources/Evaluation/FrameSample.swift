import Environments
import Episodes
import Policies
import RandomStreams
import Tensors

/// Frames that a policy meets when nobody attacks it, a few from each of many episodes, with what it remembered.
public struct FrameSample: Sendable {
  /// [frames, height, width, channels].
  public let observations: Tensor
  /// What the policy remembered at each.
  public let memory: Memory
  /// The episode that each comes from, counted from 0.
  public let episodes: [Int]
  /// The policy's streams, one a frame.
  public let random: [RandomStream]
  /// The channels of one frame of the stack.
  public let frameChannels: Int

  /// Plays episodes and keeps a few frames of each, all of its frames alike (reservoir sampling, Vitter 1985, algorithm R).
  ///
  /// - Parameters:
  ///   - policy: who plays.
  ///   - evaluation: where, and which episodes.
  ///   - framesPerEpisode: how many to keep; an episode that is shorter gives all.
  ///   - workers: threads over groups of episodes.
  ///   - continuing: asked before every step of a group; false ends it with `CancellationError`.
  /// - Throws: `CancellationError`.
  /// - Precondition: at least one frame an episode.
  public init(
    from policy: any Policy, in evaluation: Evaluation, framesPerEpisode: Int, workers: Workers = .one,
    continuing: @Sendable () -> Bool = { true }
  ) throws {
    precondition(framesPerEpisode > 0, "at least one frame an episode")
    try self.init(
      from: policy, in: evaluation, kept: framesPerEpisode, workers: workers, continuing: continuing)
  }

  /// Plays episodes and keeps of each the frame on which the policy's scores lie farthest apart.
  /// - Throws: `CancellationError`.
  init(
    surestOf policy: any ScoringPolicy, in evaluation: Evaluation, workers: Workers = .one,
    continuing: @Sendable () -> Bool = { true }
  ) throws {
    try self.init(from: policy, in: evaluation, kept: nil, workers: workers, continuing: continuing)
  }

  /// - Parameter count: how many frames to keep of each episode, all alike; nil for the surest alone.
  private init(
    from policy: any Policy, in evaluation: Evaluation, kept count: Int?, workers: Workers,
    continuing: @Sendable () -> Bool
  ) throws {
    let kept = try workers.map(shardsOf: evaluation.episodes, shardSize: Evaluation.lanes) { lanes in
      var rollout = evaluation.rollout(of: lanes)
      var random = lanes.map { RandomStream(seed: evaluation.seed &+ UInt64($0), stream: .evaluation) }
      var reservoirs = Array(repeating: [Frame](), count: lanes.count)
      while rollout.isRunning.contains(true) {
        guard continuing() else { throw CancellationError() }
        let lengths = rollout.records.map(\.length)
        let step = try rollout.step(policy)
        let gaps = count == nil ? Self.gaps(of: policy, at: step) : []
        for (row, lane) in step.lanes.enumerated() {
          func frame(gap: Float = 0) -> Frame {
            Frame(
              observation: step.clean.rows(at: [row]), memory: step.memory.rows(at: [row]), gap: gap)
          }
          guard let count else {
            if reservoirs[lane].first.map({ gaps[row] > $0.gap }) ?? true {
              reservoirs[lane] = [frame(gap: gaps[row])]
            }
            continue
          }
          var place = lengths[lane]
          if place >= count { place = random[lane].index(below: lengths[lane] + 1) }
          guard place < count else { continue }
          if place < reservoirs[lane].count {
            reservoirs[lane][place] = frame()
          } else {
            reservoirs[lane].append(frame())
          }
        }
      }
      return reservoirs
    }.flatMap { $0 }

    let frames = kept.flatMap { $0 }
    var memory = Memory()
    // A frame at an episode's start has no memory, which stands for zeros.
    for (index, frame) in frames.enumerated() where !frame.memory.state.isEmpty {
      memory.replace(at: [index], of: frames.count, with: frame.memory)
    }
    self.memory = memory
    observations = .concatenate(frames.map(\.observation))
    episodes = kept.enumerated().flatMap { episode, frames in frames.map { _ in episode } }
    random = frames.indices.map { RandomStream(seed: evaluation.seed &+ UInt64($0), stream: .policy) }
    frameChannels = evaluation.environment.observationSpace.channels
  }

  private init(
    _ observations: Tensor, memory: Memory, episodes: [Int], random: [RandomStream], frameChannels: Int
  ) {
    self.observations = observations
    self.memory = memory
    self.episodes = episodes
    self.random = random
    self.frameChannels = frameChannels
  }

  private struct Frame: Sendable {
    let observation: Tensor
    let memory: Memory
    /// How far the largest score lies above the smallest; 0 where nobody asked.
    let gap: Float
  }

  /// How far the largest score lies above the smallest on the clean observations of a step.
  private static func gaps(of policy: any Policy, at step: Rollout.Step) -> [Float] {
    guard let policy = policy as? any ScoringPolicy else { return step.lanes.map { _ in 0 } }
    var (memory, random) = (step.memory, step.lanes.map { RandomStream(seed: UInt64($0), stream: .policy) })
    let scores = policy.scores(for: step.clean, memory: &memory, using: &random)
    return (scores.max() - scores.min()).elements
  }

  /// The number of frames.
  public var count: Int { episodes.count }

  /// Some of the frames, in the order of the indices.
  func rows(at indices: [Int]) -> FrameSample {
    FrameSample(
      observations.rows(at: indices), memory: memory.rows(at: indices),
      episodes: indices.map { episodes[$0] },
      random: indices.map { random[$0] }, frameChannels: frameChannels)
  }

  /// Other observations in the place of these, or other streams.
  func replacing(_ observations: Tensor? = nil, random: [RandomStream]? = nil) -> FrameSample {
    FrameSample(
      observations ?? self.observations, memory: memory, episodes: episodes, random: random ?? self.random,
      frameChannels: frameChannels)
  }

  /// The mean over each episode's frames: one number an episode.
  func byEpisode(_ values: [Double]) -> [Double] {
    var sums = [Int: (sum: Double, count: Int)]()
    for (episode, value) in zip(episodes, values) {
      let so = sums[episode] ?? (0, 0)
      sums[episode] = (so.sum + value, so.count + 1)
    }
    return sums.keys.sorted().map { sums[$0]!.sum / Double(sums[$0]!.count) }
  }
}

extension FrameSample {
  /// What a policy does on other observations in the place of these, with the memory and the draws that it has here.
  func actions(of policy: any Policy, at observations: Tensor) -> [Int] {
    var (memory, random) = (memory, random)
    return policy.act(on: observations, memory: &memory, using: &random)
  }

  /// Whether a policy draws from its streams to score a frame.
  func areScoresDrawn(by policy: any ScoringPolicy) -> Bool {
    let first = rows(at: [0])
    var (memory, random) = (first.memory, first.random)
    _ = policy.scores(for: first.observations, memory: &memory, using: &random)
    return random != first.random
  }

  /// The scores likewise.
  func scores(of policy: any ScoringPolicy, at observations: Tensor) -> Tensor {
    var (memory, random) = (memory, random)
    return policy.scores(for: observations, memory: &memory, using: &random)
  }
}

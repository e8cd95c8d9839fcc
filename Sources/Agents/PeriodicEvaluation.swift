import Environments
import Episodes
import Policies
import RandomStreams
import Tensors

/// How a policy is evaluated while it learns: greedily, behind its inference defenses, without what hardens its training, always
/// on the same episodes, whose seeds are those of no training episode.
public struct PeriodicEvaluation: Hashable, Sendable {
  /// Environment steps of training between evaluations.
  public var interval: Int
  /// Episodes of each.
  public var episodes: Int

  /// An evaluation now and then.
  /// - Precondition: both are positive.
  public init(interval: Int, episodes: Int) {
    precondition(interval > 0 && episodes > 0, "an evaluation needs episodes")
    self.interval = interval
    self.episodes = episodes
  }

  /// Lanes that step together; fixed, so that results do not depend on the number of threads.
  private static let lanes = 32

  /// The mean return of all episodes.
  /// - Parameters:
  ///   - seed: the run's; each episode's is drawn from the stream `evaluation` of it.
  ///   - continuing: asked before every step of a group.
  /// - Returns: nil when that was false.
  func meanReturn(
    of policy: any DifferentiablePolicy, in environment: EnvironmentDefinition, frames: Int, seed: UInt64,
    workers: Workers, continuing: @Sendable () -> Bool
  ) throws -> Double? {
    let groups = try workers.map(shardsOf: episodes, shardSize: Self.lanes) { episodes -> [Double]? in
      var rollout = Rollout(environment.makeVector(count: episodes.count), frames: frames)
      for (lane, episode) in episodes.enumerated() {
        var random = RandomStream(seed: seed, stream: .evaluation, index: episode)
        rollout.start(lane, seed: random.next())
      }
      while rollout.isRunning.contains(true) {
        guard continuing() else { return nil }
        _ = try rollout.step(policy)
      }
      return rollout.records.map(\.episodeReturn)
    }
    let returns = groups.compactMap(\.self)
    return returns.count == groups.count ? Statistics.mean(returns.flatMap(\.self)) : nil
  }
}

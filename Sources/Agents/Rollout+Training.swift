import Episodes
import RandomStreams

extension Rollout {
  /// Starts every lane with a seed of its own, drawn from the training seed.
  /// - Parameter first: the number of the first lane among all of the agent's.
  mutating func startTraining(seed: UInt64, first: Int = 0) {
    for lane in 0..<count {
      var random = RandomStream(seed: seed, stream: .training, index: first + lane)
      start(lane, seed: random.next())
    }
  }

  /// Goes on with a new episode where one has ended.
  /// - Returns: the returns of those that ended.
  mutating func restartEnded() -> [Double] {
    let ended = (0..<count).filter { !isRunning[$0] }
    let returns = ended.map { records[$0].episodeReturn }
    for lane in ended { restart(lane) }
    return returns
  }
}

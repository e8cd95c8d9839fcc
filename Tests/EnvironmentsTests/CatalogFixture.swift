import Environments
import Foundation
import TestSupport

/// The folder of the repository's environments.
let repositoryEnvironments = repository.appending(path: "Environments")

extension VectorEnvironment {
  /// The observation of one lane.
  func observation(_ index: Int = 0) -> [Float] {
    // Not zeros: an entry that is not written shows.
    var frame = Array(repeating: Float.nan, count: observationSpace.count)
    var span = frame.mutableSpan
    observe(index, into: &span)
    return frame
  }

  /// The observations of all lanes.
  func observations() -> [Float] {
    var frames = Array(repeating: Float.nan, count: count * observationSpace.count)
    var span = frames.mutableSpan
    observeAll(into: &span)
    return frames
  }

  /// Takes a step in every lane, or in those that are running.
  mutating func step(_ actions: [Int], running: [Bool]? = nil) -> [Outcome] {
    var outcomes = Array(repeating: Outcome(reward: .nan), count: count)
    step(actions, running: running, outcomes: &outcomes)
    return outcomes
  }
}

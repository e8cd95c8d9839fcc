import Policies
import Tensors

/// What a policy lived through while nobody attacked it: what attacks learn from that learn before they attack.
public struct Experience: Sendable {
  /// What it saw: [steps, height, width, channels].
  public var observations: Tensor
  /// What it remembered then, one row a step.
  public var memory: Memory
  /// What it did.
  public var actions: [Int]
  /// What came of it.
  public var rewards: [Float]
  /// The row of the next step; nil where the episode terminated, or the record ends.
  public var successors: [Int?]
  /// Where the episode terminated, so that nothing follows. Elsewhere a missing successor is only not known.
  public var hasTerminated: [Bool]
  /// The channels of one frame.
  public var frameChannels: Int
  /// What it took to live through it; nothing where the observations were there.
  public var passes = Passes()
  /// Of what is drawn while something is learned from it.
  public var seed: UInt64 = 0

  /// What a policy lived through.
  /// - Precondition: as many actions, rewards, successors and endings as observations.
  public init(
    observations: Tensor, memory: Memory = Memory(), actions: [Int], rewards: [Float], successors: [Int?],
    hasTerminated: [Bool], frameChannels: Int
  ) {
    let count = observations.shape[0]
    precondition(
      actions.count == count && rewards.count == count && successors.count == count
        && hasTerminated.count == count,
      "an action, a reward, a successor and an ending for each of \(count) observations")
    self.observations = observations
    self.memory = memory
    self.actions = actions
    self.rewards = rewards
    self.successors = successors
    self.hasTerminated = hasTerminated
    self.frameChannels = frameChannels
  }

  /// Observations alone.
  public init(observations: Tensor, frameChannels: Int) {
    let count = observations.shape[0]
    self.init(
      observations: observations, actions: Array(repeating: 0, count: count),
      rewards: Array(repeating: 0, count: count), successors: Array(repeating: nil, count: count),
      hasTerminated: Array(repeating: false, count: count), frameChannels: frameChannels)
  }

  /// The number of steps.
  public var count: Int { actions.count }
}

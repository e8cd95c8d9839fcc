import Attacks
import Environments
import Policies
import Tensors

extension Experience {
  /// Records what a policy lives through without an attack, from episodes in lockstep.
  ///
  /// - Parameters:
  ///   - environments: a lane for each episode.
  ///   - frames: frames in an observation.
  ///   - seed: the first episode's; the others follow.
  ///   - limit: about how many steps are recorded at most, positive; longer episodes are cut.
  ///   - continuing: asked after every step; false ends the recording with `CancellationError`.
  public init(
    of policy: any Policy, in environments: any VectorEnvironment, frames: Int, seed: UInt64, limit: Int,
    continuing: () -> Bool = { true }
  ) throws {
    var rollout = Rollout(environments, frames: frames)
    for lane in 0..<rollout.count { rollout.start(lane, seed: seed &+ UInt64(lane)) }
    var seen: [Tensor] = []
    var memories: [Memory] = []
    var (actions, rewards): ([Int], [Float]) = ([], [])
    var successors: [Int?] = []
    var hasTerminated: [Bool] = []
    var lastRows = [Int?](repeating: nil, count: rollout.count)
    while rollout.isRunning.contains(true), actions.count < limit {
      let step = try rollout.step(policy)
      seen.append(step.clean)
      memories.append(step.memory)
      for (row, lane) in step.lanes.enumerated() {
        if let last = lastRows[lane] { successors[last] = actions.count }
        let ending = step.outcomes[row].ending
        lastRows[lane] = ending == nil ? actions.count : nil
        actions.append(step.actions[row])
        rewards.append(step.outcomes[row].reward)
        successors.append(nil)
        hasTerminated.append(ending == .terminated)
      }
      guard continuing() else { throw CancellationError() }
    }
    self.init(
      observations: .concatenate(seen), memory: Self.joined(memories, rows: seen.map { $0.shape[0] }),
      actions: actions, rewards: rewards, successors: successors, hasTerminated: hasTerminated,
      frameChannels: rollout.stack.frame.channels)
    passes = Passes(forward: count)
  }

  /// The memories one after another; an empty one stands for zeros.
  private static func joined(_ memories: [Memory], rows: [Int]) -> Memory {
    guard let like = memories.first(where: { !$0.state.isEmpty }) else { return Memory() }
    return Memory(
      state: like.state.indices.map { index in
        .concatenate(
          zip(memories, rows).map { memory, rows in
            memory.state.isEmpty
              ? .zeros(Shape([rows] + like.state[index].shape.dimensions.dropFirst())) : memory.state[index]
          })
      })
  }
}

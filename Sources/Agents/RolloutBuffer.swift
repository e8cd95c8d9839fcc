import Attacks
import Environments
import Episodes
import Policies
import Tensors

/// What a policy lived through in the last steps of all lanes, and what its critic thought of it: what the policy-gradient
/// agents learn from. Everything is in the order of the steps, lane after lane in each.
struct RolloutBuffer: Sendable {
  /// What is known of a step beside what was seen.
  struct Entry: Hashable, Sendable {
    /// What was done.
    var action = 0
    /// log π(a | s) when it was done.
    var logProbability: Float = 0
    /// What came of it.
    var reward: Float = 0
    /// V(s).
    var value: Float = 0
    /// The value of what followed: 0 where the episode terminated, and where it was truncated that of its true last
    /// observation, which is not the next one in the buffer.
    var nextValue: Float = 0
    /// Whether the episode ended with the step, or came to a reward that is taken for an end.
    var isEnd = false
    /// Whether it was truncated there.
    var isTruncated = false
    /// 0 where an episode starts, 1 elsewhere.
    var continues: Float = 0
    /// Whether the episode terminated with the step: nothing follows.
    var isTerminated: Bool { isEnd && !isTruncated }
  }

  /// Steps of each lane.
  let horizon: Int
  /// Lanes.
  let lanes: Int
  /// What was seen: [horizon·lanes, height, width, frames·channels].
  var observations: Tensor
  /// One a row of the observations.
  var entries: [Entry]
  /// What the policy remembered before the first step.
  var memory = Memory()

  /// Room for `horizon` steps of `lanes` lanes.
  init(horizon: Int, lanes: Int, input: [Int]) {
    self.horizon = horizon
    self.lanes = lanes
    observations = .zeros(Shape([horizon * lanes] + input))
    entries = Array(repeating: Entry(), count: horizon * lanes)
  }

  /// The number of steps of all lanes together.
  var count: Int { entries.count }

  /// Whether what follows a step is known: it is the lane's next row, or nothing.
  func isFollowed(_ row: Int) -> Bool {
    entries[row].isEnd ? entries[row].isTerminated : row + lanes < count
  }

  /// Steps all lanes `horizon` times, new episodes taking the place of those that end.
  ///
  /// - Parameters:
  ///   - rollouts: the lanes, in their order.
  ///   - rewardTerminates: whether a reward other than 0 is taken for the episode's termination.
  ///   - workers: threads over the rollouts; the result does not depend on their number.
  /// - Returns: the returns of the episodes that ended, in the order of the steps.
  mutating func fill(
    from rollouts: inout [Rollout], by model: ActorCritic, attacker: Attacker?,
    rewardTerminates: Bool = false,
    on workers: Workers = .one
  ) throws -> [Double] {
    let horizon = horizon
    let parts = try workers.map(changing: &rollouts) { _, rollout in
      try Part(
        of: horizon, from: &rollout, by: model, attacker: attacker, rewardTerminates: rewardTerminates)
    }
    var first = 0
    var returns: [Double] = []
    for step in 0..<horizon { for part in parts { returns += part.returns[step] } }
    for part in parts {
      for step in 0..<horizon {
        let (rows, target) = (step * part.lanes..<(step + 1) * part.lanes, step * lanes + first)
        observations.replaceRows(from: target, with: part.observations[step])
        entries.replaceSubrange(target..<target + part.lanes, with: part.entries[rows])
      }
      first += part.lanes
    }
    memory = Memory(
      state: parts[0].memory.state.indices.map { index in .concatenate(parts.map { $0.memory.state[index] }) }
    )
    return returns
  }

  /// What some of the lanes lived through.
  private struct Part: Sendable {
    let lanes: Int
    /// What was seen, step by step.
    private(set) var observations: [Tensor] = []
    private(set) var entries: [Entry]
    let memory: Memory
    /// The returns of the episodes that ended, step by step.
    private(set) var returns: [[Double]] = []

    /// Steps the lanes of a rollout `horizon` times.
    init(
      of horizon: Int, from rollout: inout Rollout, by model: ActorCritic, attacker: Attacker?,
      rewardTerminates: Bool
    ) throws {
      lanes = rollout.count
      entries = Array(repeating: Entry(), count: horizon * lanes)
      // An empty memory is one of zeros.
      memory =
        model.torso.isRecurrent && rollout.memory.state.isEmpty
        ? Memory(state: model.torso.initialState(rows: lanes)) : rollout.memory
      for lane in 0..<lanes { entries[lane].continues = rollout.records[lane].length == 0 ? 0 : 1 }
      for start in stride(from: 0, to: entries.count, by: lanes) {
        var (logits, values) = (Tensor(0), Tensor(0))
        let step = try rollout.step(
          attacker: attacker,
          choosing: { seen, memory, random in
            (logits, values) = model(seen, memory: &memory)
            return logits.sampled(using: &random)
          })
        observations.append(step.delivered)
        record(step, from: start, logits: logits, values: values, rewardTerminates: rewardTerminates)
        let isLast = start + lanes == entries.count
        let cut = (0..<lanes).filter {
          entries[start + $0].isTruncated || isLast && !entries[start + $0].isEnd
        }
        if !cut.isEmpty {
          var memory = rollout.memory.rows(at: cut)
          let following = model(step.next.rows(at: cut), memory: &memory).values.elements
          for (lane, value) in zip(cut, following) { entries[start + lane].nextValue = value }
        }
        returns.append(rollout.restartEnded())
      }
    }

    /// Takes down a step of all lanes, and for the step before what followed.
    private mutating func record(
      _ step: Rollout.Step, from start: Int, logits: Tensor, values: Tensor, rewardTerminates: Bool
    ) {
      let logProbabilities = logits.logProbabilities(of: step.actions)
      values.withElements { values in
        logProbabilities.withElements { logProbabilities in
          for lane in 0..<lanes {
            let (row, outcome) = (start + lane, step.outcomes[lane])
            let isPoint = rewardTerminates && outcome.reward != 0
            entries[row].action = step.actions[lane]
            entries[row].logProbability = logProbabilities[lane]
            entries[row].reward = outcome.reward
            entries[row].value = values[lane]
            entries[row].isEnd = isPoint || outcome.ending != nil
            entries[row].isTruncated = !isPoint && outcome.ending == .truncated
            if start > 0 && !entries[row - lanes].isEnd { entries[row - lanes].nextValue = values[lane] }
            if row + lanes < entries.count { entries[row + lanes].continues = outcome.ending == nil ? 1 : 0 }
          }
        }
      }
    }
  }

  /// Advantages by generalized advantage estimation (Schulman et al. 2016, equation 16), summed from the end:
  ///
  ///     δ = r + γ·V(s′) − V(s)      A = δ + γ·λ·A′     (no second term where the episode ended)
  ///
  /// V(s′) is 0 where the episode terminated, and the value of the last observation where it was truncated.
  ///
  /// - Returns: the advantages, and the returns A + V(s) that the critic learns. With λ = 1 those are the discounted
  ///   sums of rewards.
  func advantages(discount: Float, lambda: Float) -> (advantages: [Float], returns: [Float]) {
    let advantages = Self.advantages(
      rewards: entries.map(\.reward), values: entries.map(\.value), nextValues: entries.map(\.nextValue),
      isEnd: entries.map(\.isEnd), lanes: lanes, discount: discount, lambda: lambda)
    return (advantages, zip(advantages, entries).map { $0 + $1.value })
  }

  /// ``advantages(discount:lambda:)`` of what is given, in the order of the buffer.
  static func advantages(
    rewards: [Float], values: [Float], nextValues: [Float], isEnd: [Bool], lanes: Int, discount: Float,
    lambda: Float
  ) -> [Float] {
    var advantages = [Float](repeating: 0, count: rewards.count)
    for row in rewards.indices.reversed() {
      let delta = rewards[row] + discount * nextValues[row] - values[row]
      let isCut = isEnd[row] || row + lanes >= rewards.count
      advantages[row] = delta + (isCut ? 0 : discount * lambda * advantages[row + lanes])
    }
    return advantages
  }
}

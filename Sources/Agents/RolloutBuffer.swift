import Attacks
import Environments
import Episodes
import Policies
import Tensors

/// What a policy lived through in the last steps of all lanes, and what its critic thought of it: what the policy-gradient
/// agents learn from. Everything is in the order of the steps, lane after lane in each.
struct RolloutBuffer: Sendable {
  /// Steps of each lane.
  let horizon: Int
  /// Lanes.
  let lanes: Int
  /// What was seen: [horizon·lanes, height, width, frames·channels].
  var observations: Tensor
  /// What was done.
  var actions: [Int]
  /// log π(a | s) when it was done.
  var logProbabilities: [Float]
  /// What came of it.
  var rewards: [Float]
  /// V(s).
  var values: [Float]
  /// The value of what followed: 0 where the episode terminated, and where it was truncated that of its true last
  /// observation, which is not the next one in the buffer.
  var nextValues: [Float]
  /// Whether the episode ended with the step, or came to a reward that is taken for an end.
  var isEnd: [Bool]
  /// Whether it was truncated there.
  var isTruncated: [Bool]
  /// 0 where an episode starts, 1 elsewhere.
  var continues: [Float]
  /// What the policy remembered before the first step.
  var memory = Memory()

  /// Room for `horizon` steps of `lanes` lanes.
  init(horizon: Int, lanes: Int, input: [Int]) {
    let count = horizon * lanes
    self.horizon = horizon
    self.lanes = lanes
    observations = .zeros(Shape([count] + input))
    actions = Array(repeating: 0, count: count)
    logProbabilities = Array(repeating: 0, count: count)
    rewards = logProbabilities
    values = logProbabilities
    nextValues = logProbabilities
    isEnd = Array(repeating: false, count: count)
    isTruncated = isEnd
    continues = Array(repeating: 0, count: count)
  }

  /// The number of steps of all lanes together.
  var count: Int { actions.count }

  /// Whether the episode terminated with a step: nothing follows.
  func isTerminated(_ row: Int) -> Bool { isEnd[row] && !isTruncated[row] }

  /// Whether what follows a step is known: it is the lane's next row, or nothing.
  func isFollowed(_ row: Int) -> Bool { isEnd[row] ? !isTruncated[row] : row + lanes < count }

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
        let (source, target) = (step * part.lanes, step * lanes + first)
        observations.replaceRows(from: target, with: part.observations[step])
        for lane in 0..<part.lanes {
          actions[target + lane] = part.actions[source + lane]
          logProbabilities[target + lane] = part.logProbabilities[source + lane]
          rewards[target + lane] = part.rewards[source + lane]
          values[target + lane] = part.values[source + lane]
          nextValues[target + lane] = part.nextValues[source + lane]
          isEnd[target + lane] = part.isEnd[source + lane]
          isTruncated[target + lane] = part.isTruncated[source + lane]
          continues[target + lane] = part.continues[source + lane]
        }
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
    var observations: [Tensor] = []
    var actions: [Int] = []
    var logProbabilities: [Float]
    var rewards: [Float]
    var values: [Float]
    var nextValues: [Float]
    var isEnd: [Bool]
    var isTruncated: [Bool]
    var continues: [Float]
    var memory: Memory
    /// The returns of the episodes that ended, step by step.
    var returns: [[Double]] = []

    /// Steps the lanes of a rollout `horizon` times.
    init(
      of horizon: Int, from rollout: inout Rollout, by model: ActorCritic, attacker: Attacker?,
      rewardTerminates: Bool
    ) throws {
      lanes = rollout.count
      let count = horizon * lanes
      logProbabilities = Array(repeating: 0, count: count)
      rewards = logProbabilities
      values = logProbabilities
      nextValues = logProbabilities
      isEnd = Array(repeating: false, count: count)
      isTruncated = isEnd
      continues = logProbabilities
      memory = rollout.memory
      // An empty memory is one of zeros.
      if model.torso.isRecurrent && memory.state.isEmpty {
        memory = Memory(state: model.torso.initialState(rows: lanes))
      }
      for lane in 0..<lanes { continues[lane] = rollout.records[lane].length == 0 ? 0 : 1 }
      for start in stride(from: 0, to: count, by: lanes) {
        var logits = Tensor(0)
        var stepValues = Tensor(0)
        let step = try rollout.step(
          attacker: attacker,
          choosing: { seen, memory, random in
            (logits, stepValues) = model(seen, memory: &memory)
            return logits.sampled(using: &random)
          })
        observations.append(step.delivered)
        actions += step.actions
        let surprise = logits.crossEntropy(with: step.actions)
        var cut: [Int] = []
        stepValues.withElements { stepValues in
          surprise.withElements { surprise in
            for lane in 0..<lanes {
              let (row, outcome) = (start + lane, step.outcomes[lane])
              logProbabilities[row] = -surprise[lane]
              values[row] = stepValues[lane]
              rewards[row] = outcome.reward
              let isPoint = rewardTerminates && outcome.reward != 0
              isEnd[row] = isPoint || outcome.ending != nil
              isTruncated[row] = !isPoint && outcome.ending == .truncated
              if start > 0 && !isEnd[row - lanes] { nextValues[row - lanes] = stepValues[lane] }
              if row + lanes < count { continues[row + lanes] = outcome.ending == nil ? 1 : 0 }
              if isTruncated[row] { cut.append(lane) }
            }
          }
        }
        if start + lanes == count { cut += (0..<lanes).filter { !isEnd[start + $0] } }
        if !cut.isEmpty {
          var memory = rollout.memory.rows(at: cut)
          let following = model(step.next.rows(at: cut), memory: &memory).values.elements
          for (lane, value) in zip(cut, following) { nextValues[start + lane] = value }
        }
        returns.append(rollout.restartEnded())
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
      rewards: rewards, values: values, nextValues: nextValues, isEnd: isEnd, lanes: lanes,
      discount: discount, lambda: lambda)
    return (advantages, zip(advantages, values).map(+))
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

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
  /// Whether the episode ended with the step.
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
  /// - Returns: the returns of the episodes that ended.
  mutating func fill(
    from rollout: inout Rollout, by model: ActorCritic, attacker: Attacker?
  ) throws -> [Double] {
    var returns: [Double] = []
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
      observations.replaceRows(from: start, with: step.delivered)
      actions.replaceSubrange(start..<(start + lanes), with: step.actions)
      let surprise = logits.crossEntropy(with: step.actions)
      var cut: [Int] = []
      stepValues.withElements { stepValues in
        surprise.withElements { surprise in
          for lane in 0..<lanes {
            let (row, outcome) = (start + lane, step.outcomes[lane])
            logProbabilities[row] = -surprise[lane]
            values[row] = stepValues[lane]
            rewards[row] = outcome.reward
            isEnd[row] = outcome.ending != nil
            isTruncated[row] = outcome.ending == .truncated
            nextValues[row] = 0
            if start > 0 && !isEnd[row - lanes] { nextValues[row - lanes] = stepValues[lane] }
            if row + lanes < count { continues[row + lanes] = isEnd[row] ? 0 : 1 }
            if outcome.ending == .truncated { cut.append(lane) }
          }
        }
      }
      if start + lanes == count { cut += (0..<lanes).filter { !isEnd[start + $0] } }
      if !cut.isEmpty {
        var memory = rollout.memory.rows(at: cut)
        let following = model(step.next.rows(at: cut), memory: &memory).values.elements
        for (lane, value) in zip(cut, following) { nextValues[start + lane] = value }
      }
      returns += rollout.restartEnded()
    }
    return returns
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

import Networks
import Policies
import RandomStreams
import Tensors

/// The Robust Sarsa attack (Zhang et al. 2020, "Robust Deep Reinforcement Learning against Adversarial Perturbations on State
/// Observations", section 3.5 and algorithm 4): against policies whose own values are unknown or deceive. It learns what the
/// policy's actions are worth from its episodes, smooth around what was seen, and drives it to the worst.
///
///     learn Q by  Σ (r + γ·Q(s′, a′) − Q(s, a))² + λ · max over s̃ near s of Σₐ (Q(s̃, a) − Q(s, a))²
///     attack:     t = argmin Q(s, ·);   maximize over x′ in the neighborhood  log softmax(z(x′))ₜ
///
/// Access: gradients; the victim's value is not asked for. Cost: 1 + n forward and n backward passes for a start, beside one pass
/// through the learned network.
///
/// Deviations:
/// 1. For a handful of actions: the worst one is aimed at, where the paper differentiates Q at a continuous action.
/// 2. The inner maximum is taken by one sign step from a random corner instead of a convex relaxation.
/// 3. The values are smooth in the observation, where the paper's are in the action: discrete actions have no neighborhood.
/// 4. Huber's loss in the place of the squared error, and targets from a copy of the network that is renewed every 50 updates.
/// 5. It learns from at most 2,048 steps of sixteen episodes side by side, each played once: where they go on for longer than 128
///    steps it sees no end, where they are short it learns from fewer.
/// 6. "Near" is a box under the max norm of the budget, at most 0.1, whatever the norm of the threat model.
public struct RobustSarsa: AttackRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "robust-sarsa", "toward the action of least value, by values learned from the victim's episodes",
    needs: .weights, cost: "1 + n forward, n backward a start", hasOwnGoal: true)

  /// What can be set.
  public static let parameters: [Parameter<RobustSarsa>] = [
    .steps(\.steps),
    .restarts(\.restarts),
    .whole("updates", \.updates, in: 1...10_000_000, "the updates of the learned values"),
    .number("discount", \.discount, in: 0...1, "the discount γ"),
    .number("smoothness", \.smoothness, in: 0...1000, "the weight λ of the values' smoothness"),
  ]

  /// The number of steps.
  public var steps = 20
  /// The number of starts.
  public var restarts = 1
  /// The updates of the learned values.
  public var updates = 500
  /// The discount.
  public var discount: Float = 0.99
  /// The weight of the values' smoothness.
  public var smoothness: Float = 0.1

  /// Five hundred updates, then twenty steps from one start.
  public init() {}

  private static let batch = 64
  /// Updates between copies to the network that values what follows.
  private static let targetInterval = 50

  /// True: the values are learned before the first attack.
  public var learns: Bool { true }

  /// The attack, with values learned from the victim's episodes.
  /// - Throws: ``AttackError`` without any that could be learned from.
  public func against(
    _ victim: any DifferentiablePolicy, learningFrom lesson: Lesson?
  ) throws -> any Attack {
    guard let lesson else {
      throw AttackError(
        "the attack \"robust-sarsa\" learns from its victim's episodes first, which observations alone do not tell: run it with attack or evaluate, or craft with --episodes"
      )
    }
    return SarsaAttack(
      values: try learnedValues(of: victim, from: lesson),
      ascent: PGD.ascent(steps: steps, restarts: restarts, on: victim),
      learningPasses: Passes(forward: 1))
  }

  /// Learns Q, one output an action.
  func learnedValues(of victim: any ScoringPolicy, from lesson: Lesson) throws -> Network {
    let experience = lesson.experience
    let usable = (0..<experience.count).filter {
      experience.successors[$0] != nil || experience.hasTerminated[$0]
    }
    guard !usable.isEmpty else {
      throw AttackError(
        "the attack \"robust-sarsa\" needs steps with what followed them; these are observations alone")
    }
    var random = RandomStream(seed: experience.seed, stream: .attack)
    let observations = experience.observations
    var (memory, streams) = (experience.memory.rows(at: [0]), [random])
    let actions = victim.scores(for: observations.rows(at: [0]), memory: &memory, using: &streams).shape[1]
    let shape = Array(observations.shape.dimensions.dropFirst())
    var network = try Network(
      NetworkChoice().architecture(of: shape, outputs: actions), initializer: .orthogonal, using: &random)
    var target = network
    var optimizer = Optimizer(Adam())
    for update in 0..<updates {
      try lesson.checkContinuing()
      if update.isMultiple(of: Self.targetInterval) { target = network }
      let rows = (0..<Self.batch).map { _ in usable[random.index(below: usable.count)] }
      let seen = observations.rows(at: rows)
      // A terminated step's successor is any row: it counts for nothing.
      let next = rows.map { experience.successors[$0] ?? $0 }
      let following = target(observations.rows(at: next)).gather(next.map { experience.actions[$0] }).elements
      let goals = rows.indices.map { index in
        experience.rewards[rows[index]]
          + (experience.hasTerminated[rows[index]] ? 0 : discount * following[index])
      }
      let near = neighbor(of: seen, by: network, lesson.threat, using: &random)
      let (_, gradients) = valueAndGradients(
        of: { learner in
          let values = learner(seen)
          let error = values.gather(rows.map { experience.actions[$0] }).huber(to: Tensor(goals)).mean()
          let roughness = (learner(near) - values).squared().sum(alongAxis: -1).mean()
          return error + roughness * smoothness
        }, at: network)
      optimizer.update(&network.parameters, along: gradients, learningRate: 1e-3)
    }
    return network
  }

  /// Near each observation a point where the values differ most, by one sign step from a random corner.
  private func neighbor(
    of seen: Tensor, by network: Network, _ threat: ThreatModel, using random: inout RandomStream
  ) -> Tensor {
    // The values are to be smooth in every entry, so under the max norm whatever the threat.
    let size = min(threat.budget, 0.1)
    let corner = Tensor(shape: seen.shape) { corner in
      for index in corner.indices { corner[index] = random.chance(0.5) ? size : -size }
    }
    let values = network(seen)
    let slope = gradient(of: { (network($0) - values).squared().sum() }, at: seen + corner)
    let stepped = (seen + corner).stepped(by: 2 * size, alongSignOf: slope)
    return maximum(minimum(stepped, seen + size), seen - size).clamped(to: threat.range)
  }
}

/// Toward the action of least learned value.
private struct SarsaAttack: Attack {
  let values: Network
  let ascent: any Attack
  let learningPasses: Passes

  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor {
    let worst = (-values(clean.observations)).argmax()
    return ascent.perturb(clean, meeting: ActionReached(worst), within: neighborhood, using: &random)
  }
}

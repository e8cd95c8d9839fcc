import Agents
import Attacks
import Networks
import Policies
import Tensors

/// SA-PPO (Zhang et al. 2020, section 3.2 and algorithm 5): the policy is to be smooth, its distribution nowhere in a box
/// around the observation far from that at the observation,
///
///     loss + κ · mean max over ŝ in the box of KL(π(· | s) ‖ π(· | ŝ))
///
/// The inner maximum at the point that projected gradient ascent finds, or by interval bounds of the differences of logits z:
/// with d[i, j] at most z[j] − z[i] anywhere in the box,
///
///     KL ≤ Σᵢ πᵢ · (log πᵢ + log Σⱼ exp d[i, j])
///
/// Deviations:
/// 1. Actions are discrete: the divergence is that of categorical distributions, where the paper has Gaussian ones for SA-PPO.
/// 2. Projected gradient ascent from a random start in the place of Langevin dynamics, and interval bounds in the place of
///    the paper's convex relaxation.
/// 3. Epsilon grows over the run by ``Hardness/warmUp``.
/// 4. The weight κ multiplies the mean over the minibatch.
public struct SAPPO: LossDefenseRecipe {
  /// The sizes and the weight κ.
  public var hardness: Hardness
  /// How the inner maximum is found.
  public var method: InnerMaximization
  /// Steps of gradient ascent.
  public var steps: Int

  /// The defense with its settings.
  public init(
    _ hardness: Hardness, method: InnerMaximization = .interval, steps: Int = InnerMaximization.usualSteps
  ) {
    self.hardness = hardness
    self.method = method
    self.steps = steps
  }

  /// For agents whose scores are logits.
  public func defense(
    for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64
  ) throws -> any LossDefense {
    try Self.about.check(for: kind, instead: "sa-dqn")
    if method == .interval { try requireIntervalBounds(policy, "sa-ppo") }
    return Smoothness(recipe: self, surroundings: Surroundings(range: range), seed: seed)
  }

  /// Σᵢ πᵢ · (log πᵢ + log Σⱼ exp d[i, j]) of each row, with d[i, j] = −pairs[i, j].
  /// - Parameters:
  ///   - logits: at the observations, [rows, actions].
  ///   - pairs: lower bounds of z[i] − z[j], [rows, actions, actions], 0 where i = j.
  static func divergenceBound(_ logits: Tensor, pairs: Tensor) -> Tensor {
    let logs = logits.logSoftmax()
    return (logs.exp() * (logs + (-pairs).logSumExp())).sum(alongAxis: -1)
  }
}

/// The weighted divergence, bounded or found.
private struct Smoothness: LossDefense {
  let recipe: SAPPO
  let surroundings: Surroundings
  let seed: UInt64

  func measures(at progress: Float) -> [String: Float] { recipe.hardness.measures(at: progress) }

  func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) -> LossTerm? {
    guard let (epsilon, weight) = recipe.hardness.at(progress) else { return nil }
    switch recipe.method {
    case .interval:
      return LossTerm { [surroundings] policy, shard in
        let box = surroundings.box(around: shard.observations, epsilon: epsilon)
        return weight * SAPPO.divergenceBound(shard.scores, pairs: policy.intervalPairMargins(over: box))
      }
    case .pgd:
      let observations = experience.observations
      let clean = policy(observations)
      let found = surroundings.ascended(
        observations, epsilon: epsilon, steps: recipe.steps,
        from: startingNoise(observations.shape, seed: seed, update: update), workers: workers
      ) { perturbed, rows in clean.slice(rows).klDivergence(to: policy(perturbed)) }
      return LossTerm { policy, shard in
        weight * shard.scores.klDivergence(to: policy(found.slice(shard.rows)))
      }
    }
  }
}

extension SAPPO: NamedDefense {
  static let about = AboutDefense(
    SAPPO.self, "sa-ppo", .loss, for: [.ppo, .reinforce],
    "the policy's distribution stays near anywhere in a box (Zhang et al. 2020)")

  static let parameters: [Parameter<SAPPO>] =
    Parameter.hardness(epsilon: \.hardness.epsilon, warmUp: \.hardness.warmUp, weight: \.hardness.weight)
    + [.method(\.method), .steps(\.steps, of: \.method)]

  init() { self.init(Hardness(weight: 0.1)) }

  var fault: String? { hardness.fault() ?? method.fault(steps: steps) }
}

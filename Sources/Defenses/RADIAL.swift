import Agents
import Attacks
import Networks
import Policies
import Tensors

/// RADIAL-DQN (Oikarinen et al. 2021, "Robust Deep Reinforcement Learning through Adversarial Loss", section 4.1, the overlap
/// loss): no action that is worse than the one taken may come near it anywhere in a box around the observation,
///
///     gap[y] = max(0, Q(s, a) − Q(s, y))                                          no gradient
///     overlap[y] = max(0, upper Q(s, y) − lower Q(s, a) + ½ · gap[y])
///     loss = κ · (DQN's loss) + (1 − κ) · mean Σ over y of gap[y] · overlap[y]
///
/// with interval bounds of the Q-values, and the action a that was taken.
///
/// Deviations:
/// 1. The difference of the two bounds is bounded as one (``Networks/Network/intervalMargins(over:of:rounding:)``), which is
///    tighter than the paper's difference of two bounds.
/// 2. Epsilon grows over the run by ``Hardness/warmUp``; the weight is 1 − κ.
public struct RADIAL: LossDefenseRecipe {
  /// The sizes and the weight 1 − κ.
  public var hardness: Hardness

  /// The defense with its settings.
  public init(_ hardness: Hardness) { self.hardness = hardness }

  /// For DQN only.
  public func defense(
    for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64
  ) throws -> any LossDefense {
    try Self.about.check(for: kind, instead: "sa-ppo")
    try requireIntervalBounds(policy, "radial")
    return Overlap(hardness: hardness, surroundings: Surroundings(range: range))
  }

  /// Σ over y of gap[y] · overlap[y] of each row.
  /// - Parameters:
  ///   - scores: at the observations, [rows, actions].
  ///   - margins: lower bounds of Q(s, a) − Q(s, y), [rows, actions].
  static func overlap(_ scores: Tensor, _ actions: [Int], margins: Tensor) -> Tensor {
    let clean = scores.stoppingGradient()
    let gaps = (clean.gather(actions).reshaped(to: [actions.count, 1]) - clean).relu()
    return (gaps * (0.5 * gaps - margins).relu()).sum(alongAxis: -1)
  }
}

/// The weighted overlap.
private struct Overlap: LossDefense {
  let hardness: Hardness
  let surroundings: Surroundings

  func measures(at progress: Float) -> [String: Float] { hardness.measures(at: progress) }

  func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) -> LossTerm? {
    guard let (epsilon, weight) = hardness.at(progress) else { return nil }
    return LossTerm(ownShare: 1 - weight) { [surroundings, taken = experience.actions] policy, shard in
      let box = surroundings.box(around: shard.observations, epsilon: epsilon)
      let actions = Array(taken[shard.rows])
      return weight
        * RADIAL.overlap(shard.scores, actions, margins: policy.intervalMargins(over: box, of: actions))
    }
  }
}

extension RADIAL: NamedDefense {
  static let about = AboutDefense(
    RADIAL.self, "radial", .loss, for: [.dqn],
    "bounds of worse actions do not overlap with the taken one's (Oikarinen et al. 2021)")

  static let parameters: [Parameter<RADIAL>] = Parameter.hardness(
    epsilon: \.hardness.epsilon, warmUp: \.hardness.warmUp, weight: \.hardness.weight)

  init() { self.init(Hardness(weight: 0.2)) }

  var fault: String? {
    [0, 1].contains { hardness.weight.value(at: $0) > 1 }
      ? "weight is a share of the loss, from 0 to 1" : hardness.fault()
  }
}

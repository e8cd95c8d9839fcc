import Agents
import Attacks
import Foundation
import Networks
import Policies
import Tensors

/// WocaR (Liang et al. 2022, "Efficient Adversarial Training without Attacking: Worst-Case-Aware Robust Reinforcement
/// Learning", sections 4.1 to 4.3): beside the policy a second network learns what the policy earns under the worst
/// perturbations, with no attack, from the set of actions that bounds of the policy's scores leave possible,
///
///     Qʷ(s, a) ← r + γ · min over a′ possible in the box around s′ of Qʷ(s′, a′)            (definition 4.1, equation 3)
///
/// and the policy prefers actions that are good in the worst case, too. With w(s) = maxₐ Qʷ(s, a) − minₐ Qʷ(s, a), over its
/// mean, the importance of a state,
///
///     DQN:        a′ in the targets is argmax (1 − κʷ)·Q(s′, ·) + κʷ·Qʷ(s′, ·);   + κ · mean w(s) · (SA-DQN's term with c = 1)
///     PPO:        − κʷ · mean Σₐ π(a | s)·Qʷ(s, a);                              + κ · mean w(s) · (SA-PPO's term)
///
/// Deviations:
/// 1. Interval bounds of the differences of scores in the place of the paper's convex relaxation: an action is possible unless
///    another is proven to be preferred to it everywhere in the box.
/// 2. The importance is over its mean in a batch, not its sum.
/// 3. The second network starts as a copy of the policy's, with a target network that follows by 1% at each update.
/// 4. Epsilon grows over the run by ``Hardness/warmUp``; until then the second network learns what the policy's most probable
///    actions earn without perturbations, and the policy learns as without a defense. With PPO, too, whose policy draws.
/// 5. The second network learns at every fourth update of the policy: with PPO's four epochs, each in an order of its own, once
///    from each transition on average.
/// 6. The smoothness term may stand in every n-th update alone, n times as heavy, for less time (Karras et al. 2020, "Analyzing
///    and Improving the Image Quality of StyleGAN", section 3.1: lazy regularization).
/// 7. With PPO a transition whose s′ is not in the rollout buffer (the last of a horizon, a truncated one) does not teach
///    the second network.
public struct WocaR: LossDefenseRecipe {
  /// The sizes and the weight κ of the smoothness term.
  public var hardness: Hardness
  /// The weight κʷ of the worst-case value over the run.
  public var worstWeight: Schedule
  /// Adam's rate for the second network.
  public var learningRate: Float
  /// The updates of the policy for one with the smoothness term, which weighs as many times as much: 1 or more.
  public var smoothingInterval: Int

  /// The defense with its settings.
  public init(
    _ hardness: Hardness, worstWeight: Schedule = .constant(0.2), learningRate: Float = 5e-4,
    smoothingInterval: Int = 2
  ) {
    self.hardness = hardness
    self.worstWeight = worstWeight
    self.learningRate = learningRate
    self.smoothingInterval = smoothingInterval
  }

  /// For DQN and PPO.
  public func defense(
    for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64
  ) throws -> any LossDefense {
    try Self.about.check(for: kind, instead: "sa-ppo")
    try requireIntervalBounds(policy, "wocar")
    return WorstCase(
      recipe: self, kind: kind, surroundings: Surroundings(range: range), worst: policy, target: policy)
  }

  /// The term, the size, the weights, and how the second network learns.
  public var measures: [String] {
    [
      "defense_loss", "defense_epsilon", "defense_weight", "worst_weight", "worst_value_loss", "worst_value",
    ]
  }

  /// The size and the weights.
  public var hardnessMeasures: [String] { ["defense_epsilon", "defense_weight", "worst_weight"] }

  /// Of each row the least value of an action that no other is proven to be preferred to.
  /// - Parameters:
  ///   - values: [rows, actions].
  ///   - pairs: lower bounds of score[i] − score[j], [rows, actions, actions].
  static func least(_ values: Tensor, amongPossible pairs: Tensor) -> Tensor {
    let (rows, actions) = (values.shape[0], values.shape[1])
    let (values, pairs) = (values.elements, pairs.elements)
    return Tensor(
      (0..<rows).map { row in
        let possible = (0..<actions).filter { action in
          !(0..<actions).contains { pairs[(row * actions + $0) * actions + action] > 0 }
        }
        // Rounding could leave none; then all count.
        return (possible.isEmpty ? Array(0..<actions) : possible).map { values[row * actions + $0] }.min()!
      })
  }

  /// maxₐ Qʷ − minₐ Qʷ of each row over the mean of all rows.
  static func importance(_ values: Tensor) -> Tensor {
    let spread = values.max() - values.min()
    return spread / max(spread.mean().scalar, 1e-6)
  }
}

/// The weighted terms, and the second network that they need.
private struct WorstCase: LossDefense {
  let recipe: WocaR
  let kind: AgentKind
  let surroundings: Surroundings
  /// What the policy earns under the worst perturbations, action by action.
  var worst: Network
  /// What follows it, for the values of what comes next.
  var target: Network
  var optimizer = Optimizer(Adam())
  /// The second network's, when it last learned.
  var loss: Float = 0

  /// The updates of the policy for one of the second network.
  private static let updatesALesson = 4

  private struct State: Codable {
    let parameters: [Tensor]
    let target: [Tensor]
    let optimizer: Optimizer<Adam>.State
    let loss: Float
  }

  /// The size, the weights, and the second network's loss when it last learned.
  func measures(at progress: Float) -> [String: Float] {
    recipe.hardness.measures(at: progress).merging(
      ["worst_weight": recipe.worstWeight.value(at: progress), "worst_value_loss": loss]) { $1 }
  }

  /// Teaches the second network, and gives the weighted terms.
  mutating func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) throws -> LossTerm? {
    let now = recipe.hardness.at(progress)
    if update.isMultiple(of: Self.updatesALesson) {
      learn(from: experience, policy: policy, epsilon: now?.epsilon ?? 0, workers: workers)
    }
    guard let (epsilon, weight) = now else { return nil }
    let worstWeight = recipe.worstWeight.value(at: progress)
    func values(_ observations: Tensor) -> Tensor { worst.scores(of: observations, workers: workers) }
    func measures(_ values: Tensor) -> [String: Float] { ["worst_value": values.max().mean().scalar] }
    let isSmoothing = update.isMultiple(of: recipe.smoothingInterval)
    let times = weight * Float(recipe.smoothingInterval)
    if kind == .dqn {
      let following = values(experience.next)
      let weights = isSmoothing ? times * WocaR.importance(values(experience.observations)) : nil
      return LossTerm(
        preference: (share: 1 - worstWeight, added: worstWeight * following), measures: measures(following)
      ) { [surroundings] policy, shard in
        guard let weights else { return Tensor(0) }
        let box = surroundings.box(around: shard.observations, epsilon: epsilon)
        let labels = shard.scores.argmax()
        let hinge = SADQN.hinge(-policy.intervalMargins(over: box, of: labels), labels, lead: 1)
        return weights.slice(shard.rows) * hinge
      }
    }
    let values = values(experience.observations)
    let weights = isSmoothing ? times * WocaR.importance(values) : nil
    return LossTerm(measures: measures(values)) { [surroundings] policy, shard in
      let worstCase = (shard.scores.softmax() * values.slice(shard.rows)).sum(alongAxis: -1)
      guard let weights else { return -worstWeight * worstCase }
      let box = surroundings.box(around: shard.observations, epsilon: epsilon)
      let divergence = SAPPO.divergenceBound(shard.scores, pairs: policy.intervalPairMargins(over: box))
      return weights.slice(shard.rows) * divergence - worstWeight * worstCase
    }
  }

  /// One step of the second network toward its targets.
  private mutating func learn(
    from experience: Transitions, policy: Network, epsilon: Float, workers: Workers
  ) {
    let rows = experience.isFollowed.indices.filter { experience.isFollowed[$0] }
    guard !rows.isEmpty else { return }
    let isAll = rows.count == experience.actions.count
    func chosen(_ tensor: Tensor) -> Tensor { isAll ? tensor : tensor.rows(at: rows) }
    let next = chosen(experience.next)
    let following = Tensor.concatenate(
      workers.map(shardsOf: rows.count) { [surroundings, target] part in
        let next = next.slice(part)
        let box = surroundings.box(around: next, epsilon: epsilon)
        return WocaR.least(target(next), amongPossible: policy.intervalPairMargins(over: box))
      })
    let targets =
      Tensor(rows.map { experience.rewards[$0] }) + Tensor(rows.map { experience.discounts[$0] }) * following
    let observations = chosen(experience.observations)
    let actions = rows.map { experience.actions[$0] }
    let (loss, gradients) = workers.valueAndGradients(
      of: { (network: Network, part: Range<Int>) in
        network(observations.slice(part)).gather(Array(actions[part])).huber(to: targets.slice(part)).sum()
          / Float(rows.count)
      }, at: worst, rows: rows.count)
    optimizer.update(
      &worst.parameters, along: clipped(gradients, toGlobalNorm: 10).gradients,
      learningRate: recipe.learningRate)
    for index in target.parameters.indices {
      target.parameters[index].move(toward: worst.parameters[index], by: 0.01)
    }
    self.loss = loss.scalar
  }

  /// The second network, its target and its optimizer.
  func savedState() throws -> Data? {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return try encoder.encode(
      State(
        parameters: worst.parameters, target: target.parameters, optimizer: optimizer.savedState, loss: loss))
  }

  /// Goes on with them.
  mutating func restore(_ state: Data) throws {
    let saved = try PropertyListDecoder().decode(State.self, from: state)
    try worst.restore(saved.parameters)
    try target.restore(saved.target)
    try optimizer.restore(saved.optimizer, for: worst.parameters)
    loss = saved.loss
  }
}

extension Network {
  /// Its scores, in shards that stay in cache.
  fileprivate func scores(of observations: Tensor, workers: Workers) -> Tensor {
    .concatenate(workers.map(shardsOf: observations.shape[0]) { self(observations.slice($0)) })
  }
}

extension WocaR: NamedDefense {
  static let about = AboutDefense(
    WocaR.self, "wocar", .loss, for: [.dqn, .ppo],
    "actions that are good in the worst case, by a second value (Liang et al. 2022)")

  static let parameters: [Parameter<WocaR>] =
    Parameter.hardness(epsilon: \.hardness.epsilon, warmUp: \.hardness.warmUp, weight: \.hardness.weight)
    + [
      .schedule("worst-weight", \.worstWeight, in: 0...1, "the weight of the worst-case value over the run"),
      .number("rate", \.learningRate, in: 0...1, "Adam's rate for the worst-case value"),
      .whole(
        "every", \.smoothingInterval, in: 1...100,
        "updates for one with the smoothness term, as many times as heavy"),
    ]

  init() { self.init(Hardness(weight: 0.1)) }

  var fault: String? {
    hardness.weight.isNothing && worstWeight.isNothing
      ? "weight and worst-weight are 0 over the whole run, so nothing would be hardened"
      : hardness.fault(mayWeighNothing: true)
  }
}

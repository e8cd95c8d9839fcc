import Environments
import Networks
import Policies
import RandomStreams
import Tensors

/// Proximal policy optimization (Schulman et al. 2017, "Proximal Policy Optimization Algorithms", algorithm 1).
///
/// The update, its deviations from the paper and the scores are on the page <doc:PPO>.
public struct PPO: LearningAgent {
  /// What can be set.
  public struct Configuration: PolicyGradientConfiguration {
    /// Environments in lockstep.
    public var lanes = 64
    /// Frames in an observation.
    public var frames = 1
    /// The network of actor and critic.
    public var network = NetworkChoice()
    /// Whether actor and critic look at the same features.
    public var isShared = true
    /// The discount γ over the run.
    public var discount = Schedule.constant(0.99)
    /// Whether learning takes a reward for an episode's end.
    public var rewardTerminates = false
    /// The λ of generalized advantage estimation.
    public var lambda: Float = 0.95
    /// Steps of each environment between updates.
    public var horizon = 128
    /// How often the update goes through all that was collected.
    public var epochs = 4
    /// Minibatches in each of those.
    public var minibatches = 8
    /// The ε by which the ratio of probabilities may leave 1.
    public var clip: Float = 0.2
    /// The weight c₁ of the value's loss.
    public var valueWeight: Float = 0.5
    /// Whether the value may move by no more than ε from what it was, too.
    public var clipsValue = false
    /// Whether the advantages of a minibatch are normalized to mean 0 and deviation 1. Where nearly all episodes end
    /// without a reward, that blows up the critic's noise; without it the entropy bonus keeps the policy exploring.
    public var normalizesAdvantages = true
    /// The weight c₂ of the entropy.
    public var entropyBonus = Schedule.constant(0.01)
    /// Adam's rate.
    public var learningRate = Schedule.linear(from: 1e-3, to: 0, share: 1)
    /// The largest global norm of a gradient.
    public var gradientLimit: Float = 0.5
    /// The estimated KL divergence from the old policy after which no further epoch follows; nil for none.
    public var targetDivergence: Float?

    /// The defaults.
    public init() {}

    /// PPO.
    public var kind: AgentKind { .ppo }

    /// An agent with these settings.
    public func makeAgent(
      in environments: any VectorEnvironment, seed: UInt64, workers: Workers
    ) throws -> any LearningAgent {
      try PPO(self, environments: environments, seed: seed, workers: workers)
    }
  }

  /// What was set.
  public let configuration: Configuration
  var learner: PolicyGradientLearner
  private var shuffling: RandomStream

  /// An agent that has seen nothing.
  ///
  /// - Parameters:
  ///   - environments: `configuration.lanes` of them.
  ///   - seed: the training seed, from which every stream of the run is drawn.
  /// - Throws: `NetworkError` when the network does not suit the frames; ``ConfigurationError`` for settings that contradict
  ///   each other.
  public init(
    _ configuration: Configuration, environments: any VectorEnvironment, seed: UInt64, workers: Workers = .one
  ) throws {
    self.configuration = configuration
    learner = try PolicyGradientLearner(
      configuration, environments: environments, seed: seed, workers: workers)
    try ConfigurationError.check(("epochs", configuration.epochs))
    guard (1...learner.partCount).contains(configuration.minibatches) else {
      throw ConfigurationError(
        "\(learner.partCount) \(learner.partCount == configuration.lanes ? "lanes" : "steps") cannot be "
          + "shared out over \(configuration.minibatches) minibatches",
        settings: ["minibatches", "horizon", "lanes"])
    }
    shuffling = RandomStream(seed: seed, stream: .replay)
  }

  /// All that learning changes.
  public struct State: Codable, Sendable {
    fileprivate let learner: PolicyGradientLearner.State
    fileprivate let shuffling: RandomStream
  }

  /// What ``restore(_:)`` needs to go on from here.
  public func savedState() throws -> State {
    State(learner: try learner.savedState(), shuffling: shuffling)
  }

  /// Goes on where an agent of the same settings in the same environments was.
  public mutating func restore(_ state: State) throws {
    try learner.restore(state.learner)
    shuffling = state.shuffling
  }

  /// Begins with a policy and its critic.
  public mutating func start(from file: PolicyFile) throws {
    try learner.start(from: file, as: [.ppo, .reinforce])
  }

  /// Changes what the agent learns from here on.
  public mutating func harden(by recipe: any LossDefenseRecipe) throws {
    try learner.harden(by: recipe, of: .ppo)
  }

  /// What updates tell of themselves.
  public static var measures: [String] { Measures.names + ["learning_rate"] }

  /// Environment steps made so far.
  public var steps: Int { learner.steps }

  /// Greedy on the learned logits.
  public var policy: NetworkPolicy { learner.model.policy }

  /// The value that it was trained with.
  public var critic: Network? { learner.model.valueNetwork }

  /// `horizon` steps of all environments, and the epochs of updates on them.
  public mutating func advance(progress: Float, hardening: (any CollectionDefense)?) throws -> TrainingUpdate
  {
    var update = TrainingUpdate()
    update.returns = try learner.collect(progress: progress, hardening: hardening)
    let (advantages, returns) = learner.buffer.advantages(
      discount: configuration.discount.value(at: progress), lambda: configuration.lambda)

    var measures = Measures()
    var parts = Array(0..<learner.partCount)
    for _ in 0..<configuration.epochs {
      shuffling.shuffle(&parts)
      var epoch = Measures()
      for index in 0..<configuration.minibatches {
        let start = parts.count * index / configuration.minibatches
        let end = parts.count * (index + 1) / configuration.minibatches
        epoch.add(
          try learn(
            from: Array(parts[start..<end]), advantages: advantages, returns: returns, progress: progress))
      }
      measures.add(epoch)
      if let target = configuration.targetDivergence, epoch.mean("divergence") > target { break }
    }
    update.loss = measures.mean("loss")
    update.measures = measures.means
    update.measures["learning_rate"] = configuration.learningRate.value(at: progress)
    update.measures.merge(learner.takeDefenseMeasures(at: progress)) { $1 }
    return update
  }

  /// One update on a minibatch.
  /// - Parameter parts: what it is made of; see ``PolicyGradientLearner/partCount``.
  /// - Returns: the means of what ``loss(logits:values:minibatch:entropyBonus:_:)`` gives.
  mutating func learn(
    from parts: [Int], advantages: [Float], returns: [Float], progress: Float
  ) throws -> [Float] {
    let buffer = learner.buffer
    let all = learner.rows(of: parts)
    var normalized = advantages
    if configuration.normalizesAdvantages {
      for (row, value) in zip(all, all.map({ advantages[$0] }).normalized()) { normalized[row] = value }
    }
    let bonus = configuration.entropyBonus.value(at: progress)
    return try learner.update(
      parts, learningRate: configuration.learningRate.value(at: progress),
      gradientLimit: configuration.gradientLimit, progress: progress,
      loss: { [configuration, normalized] logits, values, rows in
        let entries = rows.map { buffer.entries[$0] }
        let minibatch = Minibatch(
          actions: entries.map(\.action), logProbabilities: Tensor(entries.map(\.logProbability)),
          values: Tensor(entries.map(\.value)), advantages: normalized.tensor(at: rows),
          returns: returns.tensor(at: rows))
        return Self.loss(
          logits: logits, values: values, minibatch: minibatch, entropyBonus: bonus, configuration
        ).map { $0 / Float(all.count) }
      })
  }

  /// What was done and thought when the rows of a minibatch were collected, one element each.
  struct Minibatch {
    let actions: [Int]
    let logProbabilities: Tensor
    let values: Tensor
    let advantages: Tensor
    let returns: Tensor
  }

  /// The loss of a minibatch, from equation 9 with the signs turned, as sums over its rows:
  ///
  ///     ratio = π(a | s) / π_old(a | s)
  ///     policy = −min(ratio · A, clip(ratio, 1 − ε, 1 + ε) · A)               (equation 7)
  ///     value = ½ (V(s) − R)²
  ///     loss = policy + c₁ · value − c₂ · entropy
  ///
  /// - Returns: loss, policy, value, entropy, the estimated KL divergence from the old policy (Schulman 2020,
  ///   "Approximating KL Divergence", k3: ratio − 1 − log ratio) and the number of clipped ratios.
  static func loss(
    logits: Tensor, values: Tensor, minibatch: Minibatch, entropyBonus: Float, _ configuration: Configuration
  ) -> [Tensor] {
    let epsilon = configuration.clip
    let logRatio = logits.logProbabilities(of: minibatch.actions) - minibatch.logProbabilities
    let ratio = logRatio.exp()
    let policy = -minimum(
      ratio * minibatch.advantages, ratio.clamped(to: (1 - epsilon)...(1 + epsilon)) * minibatch.advantages
    ).sum()
    var error = values.squaredError(to: minibatch.returns)
    if configuration.clipsValue {
      let near = minibatch.values + (values - minibatch.values).clamped(to: -epsilon...epsilon)
      error = maximum(error, near.squaredError(to: minibatch.returns))
    }
    let value = 0.5 * error.sum()
    let entropy = logits.entropy().sum()
    let loss = policy + configuration.valueWeight * value - entropyBonus * entropy

    let change = ratio.stoppingGradient()
    let divergence = (change - 1 - logRatio.stoppingGradient()).sum()
    let clipped = Tensor(Float(change.elements.count { abs($0 - 1) > epsilon }))
    return [loss, policy, value, entropy, divergence, clipped]
  }

  /// Means over minibatches of what ``loss(logits:values:minibatch:entropyBonus:_:)`` gives.
  private struct Measures {
    static let names = ["loss", "policy_loss", "value_loss", "entropy", "divergence", "clipped_share"]
    private var sums = [Float](repeating: 0, count: names.count)
    private var count: Float = 0

    mutating func add(_ minibatch: [Float]) {
      for (index, value) in minibatch.enumerated() { sums[index] += value }
      count += 1
    }

    mutating func add(_ other: Measures) {
      for (index, value) in other.sums.enumerated() { sums[index] += value }
      count += other.count
    }

    func mean(_ name: String) -> Float { means[name]! }

    var means: [String: Float] {
      Dictionary(uniqueKeysWithValues: zip(Self.names, sums.map { $0 / count }))
    }
  }
}

import Environments
import Networks
import Policies
import Tensors

/// The policy gradient REINFORCE with a learned baseline (Williams 1992; Sutton & Barto 2018, section 13.4).
///
/// The update, its deviations from the book and the scores are on the page <doc:REINFORCE>.
public struct REINFORCE: LearningAgent {
  /// What can be set.
  public struct Configuration: PolicyGradientConfiguration {
    /// Environments in lockstep.
    public var lanes = 32
    /// Frames in an observation.
    public var frames = 1
    /// The network of policy and baseline.
    public var network = NetworkChoice()
    /// Whether policy and baseline look at the same features.
    public var isShared = false
    /// The discount γ over the run.
    public var discount = Schedule.constant(0.99)
    /// Whether learning takes a reward for an episode's end.
    public var rewardTerminates = false
    /// Steps of each environment in an update.
    public var horizon = 32
    /// The weight c₁ of the baseline's loss.
    public var valueWeight: Float = 1
    /// The weight c₂ of the entropy.
    public var entropyBonus = Schedule.linear(from: 0.1, to: 0.001, share: 1)
    /// Adam's rate.
    public var learningRate = Schedule.linear(from: 3e-3, to: 3e-4, share: 1)
    /// The largest global norm of a gradient.
    public var gradientLimit: Float = 0.5

    /// The defaults.
    public init() {}

    /// REINFORCE.
    public var kind: AgentKind { .reinforce }

    /// An agent with these settings.
    public func makeAgent(
      in environments: any VectorEnvironment, seed: UInt64, workers: Workers
    ) throws -> any LearningAgent {
      try REINFORCE(self, environments: environments, seed: seed, workers: workers)
    }
  }

  /// What was set.
  public let configuration: Configuration
  private var learner: PolicyGradientLearner

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
  }

  /// All that learning changes.
  public struct State: Codable, Sendable {
    fileprivate let learner: PolicyGradientLearner.State
  }

  /// What ``restore(_:)`` needs to go on from here.
  public func savedState() throws -> State { State(learner: try learner.savedState()) }

  /// Goes on where an agent of the same settings in the same environments was.
  public mutating func restore(_ state: State) throws { try learner.restore(state.learner) }

  /// Begins with a policy and its critic.
  public mutating func start(from file: PolicyFile) throws {
    try learner.start(from: file, as: [.reinforce, .ppo])
  }

  /// Changes what the agent learns from here on.
  public mutating func harden(by recipe: any LossDefenseRecipe) throws {
    try learner.harden(by: recipe, of: .reinforce)
  }

  /// What updates tell of themselves.
  public static var measures: [String] { ["loss", "policy_loss", "value_loss", "entropy", "learning_rate"] }

  /// Environment steps made so far.
  public var steps: Int { learner.steps }

  /// Greedy on the learned logits.
  public var policy: NetworkPolicy { learner.model.policy }

  /// The value that it was trained with.
  public var critic: Network? { learner.model.valueNetwork }

  /// `horizon` steps of all environments and one update.
  public mutating func advance(progress: Float, hardening: (any CollectionDefense)?) throws -> TrainingUpdate
  {
    var update = TrainingUpdate()
    update.returns = try learner.collect(progress: progress, hardening: hardening)
    // With λ = 1 advantages are G − b(s), and returns are G.
    let (advantages, returns) = learner.buffer.advantages(
      discount: configuration.discount.value(at: progress), lambda: 1)
    let bonus = configuration.entropyBonus.value(at: progress)
    let rate = configuration.learningRate.value(at: progress)
    let means = try learner.update(
      Array(0..<learner.partCount), learningRate: rate, gradientLimit: configuration.gradientLimit,
      progress: progress,
      loss: {
        [configuration, buffer = learner.buffer, normalized = advantages.normalized()] logits, values, rows in
        Self.loss(
          logits: logits, values: values, actions: rows.map { buffer.entries[$0].action },
          advantages: normalized.tensor(at: rows), returns: returns.tensor(at: rows), entropyBonus: bonus,
          valueWeight: configuration.valueWeight
        ).map { $0 / Float(buffer.count) }
      })
    update.loss = means[0]
    update.measures = [
      "loss": means[0], "policy_loss": means[1], "value_loss": means[2], "entropy": means[3],
      "learning_rate": rate,
    ]
    update.measures.merge(learner.takeDefenseMeasures(at: progress)) { $1 }
    return update
  }

  /// The loss of a batch, as sums over its rows:
  ///
  ///     policy = −A · log π(a | s)
  ///     value = ½ (b(s) − G)²
  ///     loss = policy + c₁ · value − c₂ · entropy
  ///
  /// - Returns: loss, policy, value and entropy.
  static func loss(
    logits: Tensor, values: Tensor, actions: [Int], advantages: Tensor, returns: Tensor, entropyBonus: Float,
    valueWeight: Float
  ) -> [Tensor] {
    let policy = -(logits.logProbabilities(of: actions) * advantages).sum()
    let value = 0.5 * values.squaredError(to: returns).sum()
    let entropy = logits.entropy().sum()
    return [policy + valueWeight * value - entropyBonus * entropy, policy, value, entropy]
  }
}

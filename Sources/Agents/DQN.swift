import Attacks
import Environments
import Episodes
import Networks
import Policies
import RandomStreams
import Tensors

/// Deep Q-learning (Mnih et al. 2015, algorithm 1) with double targets (van Hasselt et al. 2016, equation 4):
///
///     y = r + γ · Q_target(s′, argmax_a Q(s′, a))     (no second term where the episode terminated)
///     loss = Huber(Q(s, a) − y)
///
/// Deviations from the paper:
/// 1. Adam instead of RMSProp, and gradients clipped to a global norm of 10.
/// 2. Several environments step in lockstep; an update follows every `stepsPerUpdate` steps of all of them together.
/// 3. Rewards are not clipped.
/// 4. A truncated episode's last state is bootstrapped from, since nothing ended there.
/// 5. Under a collection defense the agent acts on, and learns at, attacked observations; targets look at the next
///    observation before it is attacked.
public struct DQN: LearningAgent {
  /// What can be set.
  public struct Configuration: AgentConfiguration {
    /// Environments in lockstep.
    public var lanes = 16
    /// Frames in an observation.
    public var frames = 1
    /// The network; nil for what suits the frame.
    public var network: NetworkChoice?
    /// The discount γ.
    public var discount: Float = 0.97
    /// Transitions kept.
    public var replayCapacity = 50_000
    /// Steps before the first update.
    public var learningStart = 1_000
    /// Transitions in an update.
    public var batchSize = 32
    /// Environment steps for each update.
    public var stepsPerUpdate = 4
    /// Updates between copies to the target network.
    public var targetInterval = 250
    /// Adam's rate.
    public var learningRate = Schedule.linear(from: 5e-4, to: 5e-5, share: 1)
    /// The chance of a random action while collecting.
    public var exploration = Schedule.linear(from: 1, to: 0.05, share: 0.3)

    /// The defaults.
    public init() {}

    /// An agent with these settings.
    public func makeAgent(
      in environments: any VectorEnvironment, seed: UInt64, workers: Workers
    ) throws -> any LearningAgent {
      try DQN(self, environments: environments, seed: seed, workers: workers)
    }
  }

  /// What was set.
  public let configuration: Configuration
  /// Environment steps made so far.
  public private(set) var steps = 0
  /// Updates made so far.
  public private(set) var updates = 0
  private var online: Network
  private var target: Network
  private var optimizer = Optimizer(Adam())
  private var rollout: Rollout
  private var replay: ReplayBuffer
  private var explorationRandom: RandomStream
  private var replayRandom: RandomStream
  private var owedUpdates = 0.0
  private let workers: Workers

  /// An agent that has seen nothing.
  ///
  /// - Parameters:
  ///   - environments: `configuration.lanes` of them.
  ///   - seed: the training seed, from which every stream of the run is drawn.
  /// - Throws: `NetworkError` when the network does not suit the frames.
  public init(
    _ configuration: Configuration, environments: any VectorEnvironment, seed: UInt64, workers: Workers = .one
  ) throws {
    self.configuration = configuration
    self.workers = workers
    let architecture = try configuration.architecture(for: environments, outputs: environments.actions.count)
    var initialization = RandomStream(seed: seed, stream: .initialization)
    online = try Network(architecture, initializer: .kaiming, using: &initialization)
    target = online
    replay = ReplayBuffer(capacity: configuration.replayCapacity, shape: architecture.input)
    explorationRandom = RandomStream(seed: seed, stream: .exploration)
    replayRandom = RandomStream(seed: seed, stream: .replay)
    rollout = Rollout(environments, frames: configuration.frames)
    rollout.startTraining(seed: seed)
  }

  /// Greedy on the learned Q-values.
  public var policy: NetworkPolicy { NetworkPolicy(online) }

  /// One step of all environments, and the updates that are due.
  public mutating func advance(progress: Float, hardening: (any CollectionDefense)?) throws -> TrainingUpdate
  {
    var update = TrainingUpdate()
    let exploration = Double(configuration.exploration.value(at: progress))
    let space = rollout.environments.observationSpace
    let attacker = try hardening?.attacker(against: policy, range: space.low...space.high, progress: progress)
    let actionCount = rollout.environments.actions.count
    var random = explorationRandom
    let step = try rollout.step(policy, attacker: attacker) { _, chosen in
      chosen.map { random.chance(exploration) ? random.index(below: actionCount) : $0 }
    }
    explorationRandom = random
    replay.append(
      observations: step.delivered, actions: step.actions, rewards: step.outcomes.map(\.reward),
      next: step.next,
      terminated: step.outcomes.map { $0.ending == .terminated })
    steps += step.lanes.count
    update.returns = rollout.restartEnded()

    guard steps >= configuration.learningStart else { return update }
    owedUpdates += Double(step.lanes.count) / Double(configuration.stepsPerUpdate)
    var losses: [Float] = []
    while owedUpdates >= 1 {
      owedUpdates -= 1
      losses.append(try learn(rate: configuration.learningRate.value(at: progress)))
    }
    if !losses.isEmpty { update.loss = losses.reduce(0, +) / Float(losses.count) }
    return update
  }

  private mutating func learn(rate: Float) throws -> Float {
    let size = configuration.batchSize
    let batch = replay.sample(size, using: &replayRandom)
    let best = online(batch.next).argmax()
    let following = target(batch.next).gather(best)
    let targets = Tensor(batch.rewards) + configuration.discount * (Tensor(batch.continues) * following)
    let (loss, gradients) = workers.valueAndGradients(
      of: { (network: Network, rows: Range<Int>) in
        network(batch.observations.slice(rows)).gather(Array(batch.actions[rows]))
          .huber(to: targets.slice(rows)).sum() / Float(size)
      }, at: online, rows: size)
    guard loss.scalar.isFinite else { throw TrainingError("the loss is \(loss.scalar) at step \(steps)") }
    optimizer.update(
      &online.parameters, along: clipped(gradients, toGlobalNorm: 10).gradients, learningRate: rate,
      on: workers)
    updates += 1
    if updates % configuration.targetInterval == 0 { target = online }
    return loss.scalar
  }
}

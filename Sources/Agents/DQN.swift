import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// Deep Q-learning (Mnih et al. 2015, algorithm 1) with double targets, a dueling head, n-step returns and
/// advantage learning.
///
/// The update, its deviations from the papers and the scores are on the page <doc:DQN>.
public struct DQN: LearningAgent {
  /// How an error of a Q-value is counted.
  public enum Loss: String, Hashable, Sendable, Codable, CaseIterable {
    /// ½ error² up to an error of 1, beyond it |error| − ½: the paper's clipped error.
    case huber
    /// ½ error².
    case squared
  }

  /// What can be set.
  public struct Configuration: AgentConfiguration {
    /// Environments in lockstep, at least 1, as all whole numbers here.
    public var lanes = 16
    /// Frames in an observation.
    public var frames = 1
    /// The network.
    public var network = NetworkChoice()
    /// Whether the network ends in a value and advantages (Wang et al. 2016) instead of Q-values.
    public var isDueling = false
    /// Whether the online network chooses the action whose target value counts (van Hasselt et al. 2016).
    public var isDouble = true
    /// The n of n-step returns.
    public var returnSteps = 1
    /// The α of advantage learning (Bellemare et al. 2016), above 0 and below 1: how much of its lag behind the best action an
    /// action loses besides, which makes the gaps between Q-values 1/(1 − α) times as wide; nil for none.
    public var advantageLearning: Float?
    /// The discount γ over the run, 0 to 1.
    public var discount = Schedule.constant(0.97)
    /// Whether learning takes a reward for an episode's end.
    public var rewardTerminates = false
    /// Moments kept, shared out over the lanes: a step takes one, and the end of an episode one more.
    public var replayCapacity = 50_000
    /// Steps before the first update.
    public var learningStart = 1_000
    /// Transitions in an update.
    public var batchSize = 32
    /// Environment steps, of all environments together, for each update.
    public var stepsPerUpdate = 4
    /// Updates between copies to the target network.
    public var targetInterval = 250
    /// The share by which the target network follows at every update (Polyak averaging) instead of being copied; nil for
    /// copies.
    public var targetShare: Float?
    /// How errors are counted.
    public var loss = Loss.huber
    /// Adam's rate.
    public var learningRate = Schedule.linear(from: 5e-4, to: 5e-5, share: 1)
    /// The largest global norm of a gradient.
    public var gradientLimit: Float = 10
    /// The chance of a random action while collecting.
    public var exploration = Schedule.linear(from: 1, to: 0.05, share: 0.3)

    /// The defaults.
    public init() {}

    /// DQN.
    public var kind: AgentKind { .dqn }

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
  /// Steps for which no update was made yet.
  private var pendingSteps = 0
  /// The steps before the first update; later where the replay has to be filled again first.
  private var learningStart: Int
  /// The largest replay that is saved, in bytes: 1 GiB.
  var savedReplayLimit = 1 << 30
  private let workers: Workers
  private var defense: (any LossDefense)?
  private let seed: UInt64

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
    self.workers = workers
    self.seed = seed
    learningStart = configuration.learningStart
    precondition(environments.count == configuration.lanes, "an environment for each of the lanes")
    try configuration.check(for: environments.observationSpace)
    let features = try configuration.network.features(
      of: configuration.input(in: environments), streams: configuration.isDueling ? 2 : 1)
    let outputs = environments.actions.count
    var initialization = RandomStream(seed: seed, stream: .initialization)
    online = try Network(
      .init(
        input: features.input,
        layers: features.layers
          + [
            configuration.isDueling
              ? .dueling(outputs: outputs) : .dense(outputs: outputs, activation: .identity)
          ]),
      initializer: .kaiming, using: &initialization)
    target = online
    replay = ReplayBuffer(
      capacity: configuration.replayCapacity, lanes: environments.count, frame: environments.observationSpace,
      frames: configuration.frames)
    explorationRandom = RandomStream(seed: seed, stream: .exploration)
    replayRandom = RandomStream(seed: seed, stream: .replay)
    rollout = Rollout(environments, frames: configuration.frames)
    rollout.startTraining(seed: seed)
  }

  /// All that learning changes.
  public struct State: Codable, Sendable {
    fileprivate let steps: Int
    fileprivate let updates: Int
    fileprivate let online: [Tensor]
    fileprivate let target: [Tensor]
    fileprivate let optimizer: Optimizer<Adam>.State
    fileprivate let rollout: Rollout.State
    /// Nil where it is too large to be saved.
    fileprivate let replay: ReplayBuffer.State?
    fileprivate let explorationRandom: RandomStream
    fileprivate let replayRandom: RandomStream
    fileprivate let pendingSteps: Int
    fileprivate let learningStart: Int
    /// What the loss's defense has learned; nil for nothing.
    fileprivate let defense: Data?
  }

  /// Begins with a policy's Q-values, in both networks.
  public mutating func start(from file: PolicyFile) throws {
    try file.check(startsAgentOf: [.dqn], with: online)
    online = file.policy.network
    target = online
  }

  /// Changes what the agent learns from here on.
  public mutating func harden(by recipe: any LossDefenseRecipe) throws {
    let space = rollout.environments.observationSpace
    defense = try recipe.defense(for: online, of: .dqn, range: space.low...space.high, seed: seed)
  }

  /// Whether a saved state holds the replay: not above 1 GiB.
  public var savesAll: Bool { replay.size <= savedReplayLimit }

  /// What ``restore(_:)`` needs to go on from here; without the replay where that is larger than 1 GiB.
  public func savedState() throws -> State {
    State(
      steps: steps, updates: updates, online: online.parameters, target: target.parameters,
      optimizer: optimizer.savedState, rollout: try rollout.savedState(),
      replay: savesAll ? replay.savedState : nil, explorationRandom: explorationRandom,
      replayRandom: replayRandom, pendingSteps: pendingSteps, learningStart: learningStart,
      defense: try defense?.savedState())
  }

  /// Goes on where an agent of the same settings in the same environments was. Where its replay was not saved, updates
  /// begin again after as many steps as at the start.
  public mutating func restore(_ state: State) throws {
    steps = state.steps
    updates = state.updates
    try online.restore(state.online)
    try target.restore(state.target)
    try optimizer.restore(state.optimizer, for: online.parameters)
    try rollout.restore(state.rollout)
    explorationRandom = state.explorationRandom
    replayRandom = state.replayRandom
    pendingSteps = state.pendingSteps
    learningStart = state.learningStart
    if let learned = state.defense { try defense?.restore(learned) }
    if let saved = state.replay {
      try replay.restore(saved)
    } else {
      // No moment begins an episode at first: a transition needs a whole stack, and what follows it.
      learningStart =
        steps
        + max(
          configuration.learningStart,
          configuration.lanes * (configuration.frames + configuration.returnSteps))
      replay.begin(withinEpisodes: rollout.records.map { $0.length > 0 })
    }
  }

  /// What updates tell of themselves.
  public static var measures: [String] { ["loss", "exploration", "learning_rate"] }

  /// Greedy on the learned Q-values.
  public var policy: NetworkPolicy { NetworkPolicy(online) }

  /// The policy, with its Q-values for values.
  public var victim: any DifferentiablePolicy { ActionValuePolicy(policy) }

  /// One step of all environments, and the updates that are due.
  public mutating func advance(progress: Float, hardening: (any CollectionDefense)?) throws -> TrainingUpdate
  {
    var update = TrainingUpdate()
    let exploration = configuration.exploration.value(at: progress)
    let space = rollout.environments.observationSpace
    let attacker = try hardening?.attacker(against: victim, range: space.low...space.high, progress: progress)
    let actionCount = rollout.environments.actions.count
    var random = explorationRandom
    let step = try rollout.step(policy, attacker: attacker) { _, chosen in
      chosen.map { random.chance(Double(exploration)) ? random.index(below: actionCount) : $0 }
    }
    explorationRandom = random
    replay.append(step, rewardTerminates: configuration.rewardTerminates)
    steps += step.lanes.count
    update.returns = rollout.restartEnded()
    update.measures["exploration"] = exploration
    if hardening != nil { update.measures["attack_epsilon"] = attacker?.threat.epsilon.value ?? 0 }

    guard steps >= learningStart else { return update }
    pendingSteps += step.lanes.count
    let rate = configuration.learningRate.value(at: progress)
    var losses: [Float] = []
    var terms: [Float] = []
    while pendingSteps >= configuration.stepsPerUpdate {
      pendingSteps -= configuration.stepsPerUpdate
      let learned = try learn(rate: rate, progress: progress)
      losses.append(learned.loss)
      if let defense { update.measures.merge(defense.measures(at: progress)) { $1 } }
      guard let term = learned.term else { continue }
      terms.append(term.loss)
      update.measures.merge(term.measures) { $1 }
    }
    guard !losses.isEmpty else { return update }
    let loss = losses.reduce(0, +) / Float(losses.count)
    update.loss = loss
    update.measures["loss"] = loss
    update.measures["learning_rate"] = rate
    if !terms.isEmpty { update.measures["defense_loss"] = terms.reduce(0, +) / Float(terms.count) }
    return update
  }

  /// One update on a batch from the replay.
  /// - Returns: the loss, and the defense's part of it.
  private mutating func learn(
    rate: Float, progress: Float
  ) throws -> (loss: Float, term: (loss: Float, measures: [String: Float])?) {
    let size = configuration.batchSize
    let batch = replay.sample(
      size, steps: configuration.returnSteps, discount: configuration.discount.value(at: progress),
      using: &replayRandom)
    // Out of this value for the moment, so that the only copy of what it has learned is changed in place.
    var own = defense.take()
    let term = try own?.term(
      for: Transitions(batch), of: online, update: updates, progress: progress, workers: workers)
    defense = own
    let targets = Self.targets(
      for: batch, online: online, target: target, isDouble: configuration.isDouble,
      advantageLearning: configuration.advantageLearning, preference: term?.preference)
    let (losses, gradients) = workers.valuesAndGradients(
      of: { [kind = configuration.loss] (network: Network, rows: Range<Int>) in
        let observations = batch.observations.slice(rows)
        let scores = network(observations)
        let values = scores.gather(Array(batch.actions[rows]))
        let targets = targets.slice(rows)
        let errors =
          switch kind {
          case .huber: values.huber(to: targets)
          case .squared: 0.5 * values.squaredError(to: targets)
          }
        let own = [errors.sum() / Float(size)]
        return term?.added(
          to: own, policy: network, shard: .init(rows: rows, observations: observations, scores: scores),
          count: size) ?? own
      }, at: online, rows: size)
    let loss = losses[0]
    let (direction, norm) = clipped(gradients, toGlobalNorm: configuration.gradientLimit)
    try TrainingError.check(["the loss": loss.scalar, "the gradient's norm": norm], step: steps)
    // A batch that is one shard leaves the other threads asleep: waking them for this step alone costs more than it saves.
    optimizer.update(
      &online.parameters, along: direction, learningRate: rate, on: size > Workers.shardSize ? workers : .one)
    updates += 1
    if let share = configuration.targetShare {
      for index in target.parameters.indices {
        target.parameters[index].move(toward: online.parameters[index], by: share)
      }
    } else if updates % configuration.targetInterval == 0 {
      target = online
    }
    return (loss.scalar, term.map { (losses[1].scalar, $0.measures) })
  }

  /// What Q(s, a) should be:
  ///
  ///     y = r₁ + γ·r₂ + … + γⁿ · Q_target(s′, a′)     (no last term where the episode terminated)
  ///     a′ = argmax Q(s′, ·) of the online network for double targets, of the target network without
  ///
  /// and with advantage learning less by α · (max Q_target(s, ·) − Q_target(s, a)).
  ///
  /// - Parameters:
  ///   - advantageLearning: α; nil for 0.
  ///   - preference: what a defense makes of that Q before its argmax; nil for nothing.
  static func targets(
    for batch: ReplayBuffer.Batch, online: Network, target: Network, isDouble: Bool,
    advantageLearning: Float? = nil, preference: (share: Float, added: Tensor)? = nil
  ) -> Tensor {
    let following = target(batch.next)
    var choosing = isDouble ? online(batch.next) : following
    if let (share, added) = preference { choosing = share * choosing + added }
    let best = choosing.argmax()
    let targets = Tensor(batch.returns) + Tensor(batch.discounts) * following.gather(best)
    guard let advantageLearning else { return targets }
    let own = target(batch.observations)
    return targets - advantageLearning * (own.max() - own.gather(batch.actions))
  }
}

extension Transitions {
  /// The transitions of a batch.
  init(_ batch: ReplayBuffer.Batch) {
    self.init(
      observations: batch.observations, actions: batch.actions, rewards: batch.returns, next: batch.next,
      discounts: batch.discounts, isFollowed: Array(repeating: true, count: batch.actions.count))
  }
}

extension DQN.Configuration {
  /// - Throws: ``ConfigurationError`` for settings that contradict one another, or the memory of this machine with frames of
  ///   this kind.
  fileprivate func check(for frame: BoxSpace) throws(ConfigurationError) {
    try ConfigurationError.check(
      ("stack", frames), ("return-steps", returnSteps), ("batch-size", batchSize),
      ("steps-per-update", stepsPerUpdate), ("target-interval", targetInterval))
    guard network.lstm == nil else {
      throw ConfigurationError(
        "dqn draws single transitions, which an LSTM cannot learn from: use ppo or reinforce",
        settings: ["lstm", "agent"])
    }
    guard learningStart >= lanes * (returnSteps + 1), replayCapacity >= learningStart else {
      throw ConfigurationError(
        "\(learningStart) steps before the first update must fill each of \(lanes) lanes with more than \(returnSteps) and "
          + "fit into a replay of \(replayCapacity)",
        settings: ["learning-start", "replay-capacity", "lanes", "return-steps"])
    }
    let frameSize = UInt64(FrameStore.size(of: frame))
    let memory = Double(replayCapacity) * Double(frameSize)
    guard memory <= Double(ProcessInfo.processInfo.physicalMemory) else {
      throw ConfigurationError(
        "a replay of \(replayCapacity) frames takes \(Int(memory / 0x1p30)) GiB, more memory than there is: at most "
          + "\(ProcessInfo.processInfo.physicalMemory / frameSize) frames",
        settings: ["replay-capacity"])
    }
    // In a lane that lives one long episode the oldest moments have no whole stack any more, and the newest no successor yet.
    guard replayCapacity / lanes >= frames + returnSteps + 2 else {
      throw ConfigurationError(
        "a replay of \(replayCapacity) leaves each of \(lanes) lanes \(replayCapacity / lanes) moments, too few for \(frames) "
          + "frames and \(returnSteps) steps: at least \(frames + returnSteps + 2)",
        settings: ["replay-capacity", "lanes", "stack", "return-steps"])
    }
  }
}

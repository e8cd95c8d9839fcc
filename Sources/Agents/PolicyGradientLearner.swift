import Attacks
import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// What the policy-gradient agents have in common: an actor and a critic, lanes to act in, a buffer of what was lived
/// through, and steps of Adam along the gradients of a loss. What that loss is, each agent says itself.
struct PolicyGradientLearner: Sendable {
  /// The terms of a loss over some rows of the buffer, scalars whose sum is minimized, from what the model says of them: logits,
  /// [rows, actions], and values, [rows].
  typealias Loss = @Sendable (_ logits: Tensor, _ values: Tensor, _ rows: [Int]) -> [Tensor]

  var model: ActorCritic
  var buffer: RolloutBuffer
  /// The lanes, in parts that threads share out. Their number depends on that of the lanes alone. It does not
  /// change the result, because no row of a matrix product depends on the other rows.
  private(set) var rollouts: [Rollout]
  /// The most lanes of a part: many enough for efficient matrix products.
  private static let lanesPerPart = 32
  private(set) var optimizer = Optimizer(Adam(epsilon: 1e-5))
  /// Environment steps made so far.
  private(set) var steps = 0
  private let workers: Workers
  private var defense: (any LossDefense)?
  private let discount: Schedule
  private let rewardTerminates: Bool
  private let seed: UInt64
  /// The measures of the defense's terms since the last ``takeDefenseMeasures(at:)``.
  private var defenseMeasures: [[String: Float]] = []
  /// The size of the perturbations under which the buffer was filled; nil without a defense of that kind.
  private var attackEpsilon: Float?

  /// A learner that has seen nothing; every lane is given a seed drawn from the training seed.
  init(
    _ configuration: some PolicyGradientConfiguration, environments: any VectorEnvironment, seed: UInt64,
    workers: Workers
  ) throws {
    precondition(environments.count == configuration.lanes, "an environment for each of the lanes")
    try ConfigurationError.check(
      ("stack", configuration.frames), ("horizon", configuration.horizon))
    let input = configuration.input(in: environments)
    let size = (input + [configuration.horizon, configuration.lanes]).reduce(1.0) { $0 * Double($1) }
    guard size <= Double(Int32.max) else {
      throw ConfigurationError(
        "\(configuration.horizon) steps of \(configuration.lanes) lanes are more observations than a buffer can hold",
        settings: ["horizon", "lanes"])
    }
    var random = RandomStream(seed: seed, stream: .initialization)
    model = try ActorCritic(
      configuration.network, isShared: configuration.isShared, input: input,
      actions: environments.actions.count, using: &random)
    buffer = RolloutBuffer(horizon: configuration.horizon, lanes: environments.count, input: input)
    let (count, parts) = (environments.count, (environments.count - 1) / Self.lanesPerPart + 1)
    rollouts = (0..<parts).map { part in
      let lanes = (count * part / parts)..<(count * (part + 1) / parts)
      var rollout = Rollout(environments.part(lanes), frames: configuration.frames)
      rollout.startTraining(seed: seed, first: lanes.lowerBound)
      return rollout
    }
    self.workers = workers
    discount = configuration.discount
    rewardTerminates = configuration.rewardTerminates
    self.seed = seed
  }

  /// Begins with a policy and its critic.
  mutating func start(from file: PolicyFile, as kinds: [AgentKind]) throws {
    try file.check(startsAgentOf: kinds, with: model.policy.network)
    let own = model.torso.parameters.count
    let actor = file.policy.network.parameters
    guard let critic = file.critic, critic.architecture == model.valueNetwork.architecture,
      zip(actor.prefix(own), critic.parameters).allSatisfy({ $0.elements == $1.elements })
    else {
      throw ConfigurationError(
        "the policy to start from has no critic that looks at the same features: add --no-shared, or start from another",
        settings: ["start-from", "shared"])
    }
    model.parameters = actor + critic.parameters.dropFirst(own)
  }

  /// Changes what the agent learns from here on.
  mutating func harden(by recipe: any LossDefenseRecipe, of kind: AgentKind) throws {
    guard !model.torso.isRecurrent else {
      throw ConfigurationError(
        "a defense in the loss looks at single frames: a policy with an LSTM cannot have one",
        settings: ["defense", "lstm"])
    }
    let space = rollouts[0].environments.observationSpace
    defense = try recipe.defense(
      for: model.policy.network, of: kind, range: space.low...space.high, seed: seed)
  }

  /// What the defense tells at this point of the run, and the means of what its terms have told since the last call.
  mutating func takeDefenseMeasures(at progress: Float) -> [String: Float] {
    defer { defenseMeasures = [] }
    var sums: [String: Float] = [:]
    for measures in defenseMeasures { sums.merge(measures, uniquingKeysWith: +) }
    var means = sums.mapValues { $0 / Float(defenseMeasures.count) }
    if let attackEpsilon { means["attack_epsilon"] = attackEpsilon }
    return means.merging(defense?.measures(at: progress) ?? [:]) { $1 }
  }

  /// The transitions at some rows of the buffer.
  private func experience(at rows: [Int], discount: Float) -> Transitions {
    let observations = buffer.observations
    let following = rows.map { min($0 + buffer.lanes, buffer.count - 1) }
    let entries = rows.map { buffer.entries[$0] }
    return Transitions(
      observations: observations.rows(at: rows), actions: entries.map(\.action),
      rewards: entries.map(\.reward), next: observations.rows(at: following),
      discounts: entries.map { $0.isTerminated ? 0 : discount },
      isFollowed: rows.map { buffer.isFollowed($0) })
  }

  /// All that learning changes. The buffer is not: it is filled anew before each update.
  struct State: Codable {
    fileprivate let steps: Int
    fileprivate let parameters: [Tensor]
    fileprivate let optimizer: Optimizer<Adam>.State
    fileprivate let rollouts: [Rollout.State]
    /// What the loss's defense has learned; nil for nothing.
    fileprivate let defense: Data?
  }

  func savedState() throws -> State {
    State(
      steps: steps, parameters: model.parameters, optimizer: optimizer.savedState,
      rollouts: try rollouts.map { try $0.savedState() }, defense: try defense?.savedState())
  }

  mutating func restore(_ state: State) throws {
    steps = state.steps
    try model.restore(state.parameters)
    try optimizer.restore(state.optimizer, for: model.parameters)
    guard state.rollouts.count == rollouts.count else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a state of other lanes"))
    }
    for index in rollouts.indices { try rollouts[index].restore(state.rollouts[index]) }
    if let learned = state.defense { try defense?.restore(learned) }
  }

  /// Fills the buffer with the policy as it is.
  /// - Returns: the returns of the episodes that ended.
  mutating func collect(progress: Float, hardening: (any CollectionDefense)?) throws -> [Double] {
    let space = rollouts[0].environments.observationSpace
    let attacker = try hardening?.attacker(
      against: ActorCriticPolicy(model.policy, critic: model.valueNetwork), range: space.low...space.high,
      progress: progress)
    if hardening != nil { attackEpsilon = attacker?.threat.epsilon.value ?? 0 }
    let returns = try buffer.fill(
      from: &rollouts, by: model, attacker: attacker, rewardTerminates: rewardTerminates, on: workers)
    steps += buffer.count
    return returns
  }

  /// The parts that a minibatch is made of: rows of the buffer, or, for a recurrent policy, which has to live through
  /// them again, whole lanes.
  var partCount: Int { model.torso.isRecurrent ? buffer.lanes : buffer.count }

  /// The rows of the buffer that belong to some parts.
  func rows(of parts: [Int]) -> [Int] {
    guard model.torso.isRecurrent else { return parts }
    return (0..<buffer.horizon).flatMap { step in parts.map { step * buffer.lanes + $0 } }
  }

  /// One step of Adam along the gradient of a loss over some parts of the buffer, clipped to a global norm.
  ///
  /// - Parameter loss: a sum over rows, over their number: the loss first, then what else is to be known, with no gradient.
  /// - Returns: all that `loss` gives, summed over the rows.
  /// - Throws: ``TrainingError`` when the loss or the gradient is not finite.
  mutating func update(
    _ parts: [Int], learningRate: Float, gradientLimit: Float, progress: Float, loss: Loss
  ) throws -> [Float] {
    // Out of this value for the moment, so that the only copy of what it has learned is changed in place.
    var own = defense.take()
    let term = try own?.term(
      for: experience(at: parts, discount: discount.value(at: progress)), of: model.policy.network,
      update: optimizer.step, progress: progress, workers: workers)
    defense = own
    // Large shards are fast ones; fixed by the batch alone, they do not depend on the threads.
    let shardSize = max(parts.count / 4, model.torso.isRecurrent ? 1 : Workers.shardSize)
    let (values, gradients) = workers.valuesAndGradients(
      of: { [self] (model: ActorCritic, range: Range<Int>) in
        let own = Array(parts[range])
        let rows = rows(of: own)
        let observations = buffer.observations.rows(at: rows)
        guard model.torso.isRecurrent else {
          var memory = Memory()
          let (logits, values) = model(observations, memory: &memory)
          let own = loss(logits, values, rows)
          return term?.added(
            to: own, policy: model.policy.network,
            shard: .init(rows: range, observations: observations, scores: logits), count: parts.count) ?? own
        }
        let (logits, values) = model(
          observations, from: buffer.memory.rows(at: own),
          continues: Tensor(rows.map { buffer.entries[$0].continues }))
        return loss(logits, values, rows)
      }, at: model, rows: parts.count, shardSize: shardSize)
    let (direction, norm) = clipped(gradients, toGlobalNorm: gradientLimit)
    try TrainingError.check(["the loss": values[0].scalar, "the gradient's norm": norm], step: steps)
    optimizer.update(&model.parameters, along: direction, learningRate: learningRate, on: workers)
    guard let term else { return values.map(\.scalar) }
    defenseMeasures.append(term.measures.merging(["defense_loss": values.last!.scalar]) { $1 })
    return values.dropLast().map(\.scalar)
  }
}

extension [Float] {
  /// The values at some indices, as a tensor.
  func tensor(at indices: [Int]) -> Tensor { Tensor(indices.map { self[$0] }) }

  /// The values less their mean, over their standard deviation.
  func normalized() -> [Float] {
    let mean = reduce(0, +) / Float(count)
    let variance = reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(count)
    return map { ($0 - mean) / (variance.squareRoot() + 1e-8) }
  }
}

import Environments
import Episodes
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// A training run: an agent, its environments, and what is to be known of how it goes. ``RecordedRun`` writes it down.
public struct TrainingRun: Sendable {
  /// What a person asks for.
  public struct Request: Sendable {
    /// Who learns, and how.
    public var configuration: any AgentConfiguration
    /// Environment steps to make.
    public var steps: Int
    /// Of the whole run.
    public var seed: UInt64
    /// The name of the defense, for the policy file; nil for none.
    public var defense: String?
    /// What the trained policy does with each observation, for the policy file.
    public var inference: [InferenceDefense]
    /// How often to evaluate the policy; nil for never.
    public var evaluation: PeriodicEvaluation?
    /// The trained policy to begin with; nil for drawn weights.
    public var start: PolicyFile?

    /// A request.
    public init(
      _ configuration: any AgentConfiguration, steps: Int, seed: UInt64, defense: String? = nil,
      inference: [InferenceDefense] = [], evaluation: PeriodicEvaluation? = nil, start: PolicyFile? = nil
    ) {
      self.configuration = configuration
      self.steps = steps
      self.seed = seed
      self.defense = defense
      self.inference = inference
      self.evaluation = evaluation
      self.start = start
    }
  }

  /// How a run stands.
  public struct Progress: Sendable {
    /// Environment steps made.
    public let steps: Int
    /// Steps asked for.
    public let total: Int
    /// The mean return of the last hundred episodes; nil before the first ended.
    public let recentReturn: Double?
    /// How far a 95% interval of that mean reaches to both sides, as if the episodes were independent and their mean normally
    /// distributed; nil before the second ended.
    public let recentMargin: Double?
    /// The newest loss; nil before the first update.
    public let loss: Float?
    /// The newest chance of a random action; nil for agents that have none.
    public let exploration: Float?
    /// The newest sizes and weights of what hardens the policy, by the names of columns; empty where nothing does.
    public let hardness: [String: Float]
    /// The mean return of the newest evaluation; nil before the first.
    public let evaluation: Double?
  }

  /// One point of a run's curves.
  public struct Row: Sendable {
    /// Environment steps made.
    public let steps: Int
    /// Episodes that have ended.
    public let episodes: Int
    /// By name: means since the point before, and the newest returns and counts; what is unknown is not there.
    public let values: [String: Float]
    /// Whether no evaluation before was as good.
    public let isBest: Bool
  }

  /// The names of what ``Row/values`` may hold, in the order of the columns of a table that has the episodes already.
  var valueNames: [String] {
    ["recent_return", "evaluation_return"] + type(of: agent).measures
      + (hardening == nil ? [] : ["attack_epsilon"]) + defenseMeasures
  }

  /// All of a run's own that goes on, beside its agent.
  private struct Counters: Codable {
    /// Episodes that ended.
    var episodes = 0
    /// The returns of the last hundred of them.
    var recent: [Double] = []
    var loss: Float?
    var exploration: Float?
    /// The newest values of ``TrainingRun/hardnessMeasures``; nil for none.
    var hardness: [String: Float]?
    /// What updates have told since the last row, to be averaged.
    var sums: [String: Double] = [:]
    var counts: [String: Int] = [:]
    /// The newest evaluation, and the best.
    var evaluation: Double?
    var best: Double?
    /// Whether an evaluation is due that was broken off; nil for no.
    var owesEvaluation: Bool?
  }

  /// What was asked for.
  public let request: Request
  private var agent: any LearningAgent
  private let environment: EnvironmentDefinition
  private let hardening: (any CollectionDefense)?
  /// What the loss's defense tells.
  private let defenseMeasures: [String]
  /// What tells how much the policy is hardened just now.
  private let hardnessMeasures: [String]
  private let configuration: [String: String]
  private let workers: Workers
  private var counters = Counters()

  /// Rows of a whole run at most, those of evaluations aside.
  private static let rows = 200

  /// A run that has not made a step.
  ///
  /// - Parameters:
  ///   - hardening: what changes the agent's experience; nil for nothing.
  ///   - loss: what changes what it learns; nil for nothing.
  /// - Throws: `NetworkError` when the network does not suit the environment; ``ConfigurationError`` for settings that
  ///   contradict each other; `AttackError` for a hardening attack that cannot be made on this agent.
  public init(
    _ request: Request, in environment: EnvironmentDefinition, hardening: (any CollectionDefense)? = nil,
    loss: (any LossDefenseRecipe)? = nil, workers: Workers = .one
  ) throws {
    self.request = request
    self.environment = environment
    self.hardening = hardening
    defenseMeasures = loss?.measures ?? []
    hardnessMeasures = (hardening == nil ? [] : ["attack_epsilon"]) + (loss?.hardnessMeasures ?? [])
    self.workers = workers
    let configuration = request.configuration
    // Before there are environments for them.
    try ConfigurationError.check(("lanes", configuration.lanes))
    var settings = try Self.flattened(configuration)
    settings["startFrom"] = request.start?.weightsHash.description
    self.configuration = settings
    agent = try configuration.makeAgent(
      in: environment.makeVector(count: configuration.lanes), seed: request.seed, workers: workers)
    let space = environment.observationSpace
    // A warm-up runs straight from one end to the other: an attack that this agent does not admit is found at one of them.
    for progress: Float in [0, 1] {
      let attacker = try hardening?.attacker(
        against: agent.victim, range: space.low...space.high, progress: progress)
      try attacker?.check(
        fits: [1, space.height, space.width, space.channels * configuration.frames])
    }
    for defense in request.inference {
      guard let fault = defense.fault(within: space.low...space.high) else { continue }
      throw ConfigurationError(fault, settings: ["defense"])
    }
    if let start = request.start { try agent.start(from: start) }
    if let loss {
      guard request.start != nil || !loss.needsStart else {
        throw ConfigurationError(
          "the defense keeps to the actions of the policy that the run starts from: add --start-from",
          settings: ["defense", "start-from"])
      }
      try agent.harden(by: loss)
    }
    guard !agent.policy.network.isRecurrent || !request.inference.contains(where: \.isVote) else {
      throw ConfigurationError(
        "a policy with an LSTM has a memory, which smoothing cannot carry", settings: ["defense", "lstm"])
    }
  }

  /// A configuration as text by name, for the policy file.
  private static func flattened(_ configuration: some Encodable) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let object = try JSONSerialization.jsonObject(with: encoder.encode(configuration)) as? [String: Any]
    return try (object ?? [:]).mapValues { value in
      if let text = value as? String { return text }
      return String(
        decoding: try JSONSerialization.data(
          withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed]),
        as: UTF8.self)
    }
  }

  /// Whether all steps that were asked for have been made.
  public var isFinished: Bool { agent.steps >= request.steps && counters.owesEvaluation != true }

  /// How the run stands.
  public var progress: Progress {
    let recent = counters.recent
    let mean = recent.isEmpty ? nil : Statistics.mean(recent)
    let margin = mean.flatMap { mean in
      recent.count < 2
        ? nil
        : 1.96
          * (recent.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(recent.count - 1)
          / Double(recent.count)).squareRoot()
    }
    return Progress(
      steps: agent.steps, total: request.steps, recentReturn: mean, recentMargin: margin, loss: counters.loss,
      exploration: counters.exploration, hardness: counters.hardness ?? [:], evaluation: counters.evaluation)
  }

  /// Collects some experience and learns from it; evaluates the policy where that is due.
  /// - Parameter continuing: asked within the evaluation; false breaks it off, and the next advance begins with it.
  /// - Returns: a point of the curves, where one is due: two hundred times in a run, and with each evaluation.
  /// - Throws: ``TrainingError`` when a number is not finite or explodes.
  @discardableResult
  public mutating func advance(continuing: @Sendable () -> Bool = { true }) throws -> Row? {
    if counters.owesEvaluation == true {
      return try row(evaluating: request.evaluation, continuing: continuing)
    }
    let before = agent.steps
    let share = min(Float(before) / Float(max(request.steps, 1)), 1)
    let update = try agent.advance(progress: share, hardening: hardening)
    if !update.returns.isEmpty {
      counters.episodes += update.returns.count
      counters.recent = Array((counters.recent + update.returns).suffix(100))
    }
    counters.loss = update.loss ?? counters.loss
    counters.exploration = update.measures["exploration"] ?? counters.exploration
    for name in hardnessMeasures {
      if let value = update.measures[name] {
        counters.hardness = (counters.hardness ?? [:]).merging([name: value]) { $1 }
      }
    }
    for (name, value) in update.measures {
      counters.sums[name, default: 0] += Double(value)
      counters.counts[name, default: 0] += 1
    }
    func isDue(every interval: Int) -> Bool { isFinished || agent.steps / interval > before / interval }
    let evaluation = request.evaluation.flatMap { isDue(every: $0.interval) ? $0 : nil }
    guard evaluation != nil || isDue(every: max((request.steps + Self.rows - 1) / Self.rows, 1)) else {
      return nil
    }
    return try row(evaluating: evaluation, continuing: continuing)
  }

  /// A point of the curves, after an evaluation if there is one; nil where that was broken off.
  private mutating func row(
    evaluating evaluation: PeriodicEvaluation?, continuing: @Sendable () -> Bool
  ) throws -> Row? {
    var isBest = false
    var values: [String: Float] = [:]
    if let evaluation {
      let mean = try evaluation.meanReturn(
        of: policyFile.victim, in: environment, frames: request.configuration.frames, seed: request.seed,
        workers: workers, continuing: continuing)
      counters.owesEvaluation = mean == nil ? true : nil
      guard let mean else { return nil }
      counters.evaluation = mean
      values["evaluation_return"] = Float(mean)
      isBest = counters.best.map { mean > $0 } ?? true
      if isBest { counters.best = mean }
    }
    for (name, sum) in counters.sums { values[name] = Float(sum / Double(counters.counts[name]!)) }
    counters.sums = [:]
    counters.counts = [:]
    values["episodes"] = Float(counters.episodes)
    values["recent_return"] = progress.recentReturn.map { Float($0) }
    return Row(steps: agent.steps, episodes: counters.episodes, values: values, isBest: isBest)
  }

  /// The policy as learned so far, with all that is to be known of it.
  public var policyFile: PolicyFile {
    PolicyFile(
      policy: agent.policy, critic: agent.critic,
      description: .init(
        environment: environment.id, environmentHash: environment.contentHash,
        frame: environment.observationSpace,
        frames: request.configuration.frames, actions: environment.actions,
        agent: request.configuration.kind,
        defense: request.defense, seed: request.seed, steps: agent.steps, configuration: configuration,
        inference: request.inference))
  }

  // MARK: Saving

  private struct State<Agent: LearningAgent>: Codable {
    let counters: Counters
    let agent: Agent.State
  }

  /// Whether ``savedState()`` holds all: a replay above 1 GiB is left out.
  public var savesAll: Bool { agent.savesAll }

  /// All that advancing changes, as bytes.
  /// - Throws: what the encoder throws for an environment whose state cannot be encoded.
  public func savedState() throws -> Data {
    func encoded(_ agent: some LearningAgent) throws -> Data {
      func state<Agent: LearningAgent>(_ agent: Agent) throws -> State<Agent> {
        State(counters: counters, agent: try agent.savedState())
      }
      let encoder = PropertyListEncoder()
      encoder.outputFormat = .binary
      return try encoder.encode(state(agent))
    }
    return try encoded(agent)
  }

  /// Goes on where a run of the same request was.
  /// - Throws: `DecodingError` for the state of another run.
  public mutating func restore(_ state: Data) throws {
    func restored<Agent: LearningAgent>(_ agent: Agent) throws -> (Counters, Agent) {
      var agent = agent
      let state = try PropertyListDecoder().decode(State<Agent>.self, from: state)
      try agent.restore(state.agent)
      return (state.counters, agent)
    }
    func restoredAny(_ agent: some LearningAgent) throws -> (Counters, any LearningAgent) {
      try restored(agent)
    }
    (counters, agent) = try restoredAny(agent)
  }
}

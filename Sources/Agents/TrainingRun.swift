import Environments
import Foundation
import Networks
import Policies
import Tensors

/// A training run: an agent, its environments, and what is written down of it.
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

    /// A request.
    public init(
      _ configuration: any AgentConfiguration, steps: Int, seed: UInt64, defense: String? = nil,
      inference: [InferenceDefense] = []
    ) {
      self.configuration = configuration
      self.steps = steps
      self.seed = seed
      self.defense = defense
      self.inference = inference
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
    /// The newest loss; nil before the first update.
    public let loss: Float?
  }

  /// What was asked for.
  public let request: Request
  private var agent: any LearningAgent
  private let environment: EnvironmentDefinition
  private let hardening: (any CollectionDefense)?
  private let configuration: [String: String]
  private var recent: [Double] = []
  private var loss: Float?

  /// A run that has not made a step.
  ///
  /// - Parameters:
  ///   - hardening: what changes the agent's experience; nil for nothing.
  ///   - loss: what changes what it learns; nil for nothing.
  /// - Throws: `NetworkError` when the network does not suit the environment; ``ConfigurationError`` for settings that
  ///   contradict each other.
  public init(
    _ request: Request, in environment: EnvironmentDefinition, hardening: (any CollectionDefense)? = nil,
    loss: (any LossDefense)? = nil, workers: Workers = .one
  ) throws {
    self.request = request
    self.environment = environment
    self.hardening = hardening
    let configuration = request.configuration
    self.configuration = try Self.flattened(configuration)
    agent = try configuration.makeAgent(
      in: environment.makeVector(count: configuration.lanes), seed: request.seed, workers: workers)
    if let loss { try agent.harden(by: loss) }
    guard !agent.policy.network.isRecurrent || !request.inference.contains(where: \.forgets) else {
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
  public var isFinished: Bool { agent.steps >= request.steps }

  /// How the run stands.
  public var progress: Progress {
    Progress(
      steps: agent.steps, total: request.steps,
      recentReturn: recent.isEmpty ? nil : recent.reduce(0, +) / Double(recent.count), loss: loss)
  }

  /// Collects some experience and learns from it.
  /// - Throws: ``TrainingError`` when a loss is not finite.
  public mutating func advance() throws {
    let share = min(Float(agent.steps) / Float(max(request.steps, 1)), 1)
    let update = try agent.advance(progress: share, hardening: hardening)
    recent = Array((recent + update.returns).suffix(100))
    loss = update.loss ?? loss
  }

  /// The policy as learned so far, with all that is to be known of it.
  public var policyFile: PolicyFile {
    PolicyFile(
      policy: agent.policy, critic: agent.critic,
      description: .init(
        environment: environment.id, environmentHash: environment.contentHash,
        frame: environment.observationSpace,
        frames: request.configuration.frames, actions: environment.actions,
        agent: request.configuration.kind.rawValue,
        defense: request.defense, seed: request.seed, steps: agent.steps, configuration: configuration,
        inference: request.inference))
  }
}

import Environments
import Foundation
import Networks
import Tensors

/// A trained policy with all that is needed to use it and to know where it comes from: one safetensors file, the
/// parameters by name and the rest as metadata. Loading is strict.
public struct PolicyFile: Sendable {
  /// Where a policy comes from and what it looks at.
  public struct Description: Hashable, Sendable, Codable {
    /// The environment that it was trained in.
    public var environment: String
    /// The content hash of that environment's definition.
    public var environmentHash: String
    /// One frame of the environment.
    public var frame: BoxSpace
    /// How many frames an observation holds.
    public var frames: Int
    /// The names of the actions, in the order of the scores.
    public var actions: [String]
    /// What trained it.
    public var agent: AgentKind
    /// How it was hardened; nil for a plain policy.
    public var defense: String?
    /// The seed of the training run.
    public var seed: UInt64
    /// How many environment steps it has learned from.
    public var steps: Int
    /// The complete training configuration, by name.
    public var configuration: [String: String]
    /// What it does with each observation before it decides, in this order; nil for nothing.
    public var inference: [InferenceDefense]?

    /// A description of a policy.
    public init(
      environment: String, environmentHash: String, frame: BoxSpace, frames: Int, actions: [String],
      agent: AgentKind, defense: String? = nil, seed: UInt64, steps: Int, configuration: [String: String],
      inference: [InferenceDefense] = []
    ) {
      self.environment = environment
      self.environmentHash = environmentHash
      self.frame = frame
      self.frames = frames
      self.actions = actions
      self.agent = agent
      self.defense = defense
      self.seed = seed
      self.steps = steps
      self.configuration = configuration
      self.inference = inference.isEmpty ? nil : inference
    }
  }

  /// What the policy of a run is called, as learned so far.
  public static let lastName = "last.safetensors"
  /// What a policy that ships is called.
  public static let shippedName = "policy.safetensors"

  /// The version of the metadata that this code writes and reads.
  static let formatVersion = "1"

  /// What was trained: the network's outputs, and what gradients go through.
  public var policy: NetworkPolicy
  /// What estimates its returns, observations to one value; nil for agents without a critic.
  public var critic: Network?
  /// Where it comes from and what it looks at.
  public var description: Description

  /// What acts: the policy behind its inference defenses, the first of them the nearest to the observation.
  private var acting: any DifferentiablePolicy {
    var acting: any DifferentiablePolicy = policy
    for defense in (description.inference ?? []).reversed() { acting = defense.wrapping(acting) }
    return acting
  }

  /// A hash of all that was learned: the parameters of the policy and of its critic.
  public var weightsHash: ContentHash {
    let parameters = policy.network.parameters + (critic?.parameters ?? [])
    return ContentHash(
      of: parameters.flatMap { parameter in
        parameter.elements.map(\.bitPattern.littleEndian).withUnsafeBytes(Array.init)
      })
  }

  /// A policy and its description.
  public init(policy: NetworkPolicy, critic: Network? = nil, description: Description) {
    self.policy = policy
    self.critic = critic
    self.description = description
  }

  /// What acts, with all that the file knows of it: with values where it has a critic, or scores that are values, unless
  /// an inference defense stands before them.
  public var victim: any DifferentiablePolicy {
    guard (description.inference ?? []).isEmpty else { return acting }
    if let critic { return ActorCriticPolicy(policy, critic: critic) }
    return scores == .values ? ActionValuePolicy(policy) : policy
  }

  /// What its scores are.
  public var scores: ScoreKind { description.agent.scores }

  /// The victim, drawing its actions from the distribution that its scores are the logits of.
  /// - Throws: ``PolicyError`` where they are none: Q-values and votes.
  public func samplingVictim() throws(PolicyError) -> any DifferentiablePolicy {
    guard scores == .logits else {
      throw PolicyError(
        "a \(description.agent) has no distribution over actions to draw from: its scores are values")
    }
    guard !(description.inference ?? []).contains(where: \.isVote) else {
      throw PolicyError(
        "behind smoothing there is no distribution over actions to draw from: its scores are votes")
    }
    return victim.sampled
  }

  /// How the names of the critic's tensors begin.
  static let criticPrefix = "critic."

  /// Writes the policy, atomically; the same policy gives the same bytes.
  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    func entries(_ network: Network, prefix: String) -> [Safetensors.Entry] {
      zip(network.architecture.parameters, network.parameters).map { expected, tensor in
        Safetensors.Entry(
          name: prefix + expected.name, shape: expected.shape.dimensions, elements: tensor.elements)
      }
    }
    var metadata = [
      "hoodwink.format": Self.formatVersion,
      "hoodwink.description": try json(description),
      "hoodwink.network": try json(policy.network.architecture),
    ]
    var tensors = entries(policy.network, prefix: "")
    if let critic {
      metadata["hoodwink.critic"] = try json(critic.architecture)
      tensors += entries(critic, prefix: Self.criticPrefix)
    }
    try Safetensors(metadata: metadata, entries: tensors).write(to: url)
  }

  /// The file of a policy that a person names: a file, a run folder (its last.safetensors) or a policy folder (its
  /// policy.safetensors), as a path or as the name of a folder in `policies`.
  /// - Throws: ``PolicyError`` that says where was looked and which names exist.
  public static func locate(_ name: String, policies: URL?) throws(PolicyError) -> URL {
    // An empty path would be the working folder.
    var places = name.isEmpty ? [] : [URL(fileURLWithPath: name)]
    if let policies, !name.isEmpty { places.append(policies.appendingPathComponent(name)) }
    for place in places {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else { continue }
      guard isFolder.boolValue else { return place }
      for file in [lastName, shippedName] {
        let candidate = place.appendingPathComponent(file)
        if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
      }
      let seeds = ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? [])
        .filter { $0.hasPrefix("seed-") }.sorted()
      throw PolicyError(
        "\(place.path): a folder without \(lastName) or \(shippedName)"
          + (seeds.first.map { "; it holds a run for each of several seeds: name one, such as \(name)/\($0)" }
            ?? ""),
        isMissing: true)
    }
    guard !name.contains("/") else {
      throw PolicyError("\(name): there is no such file or folder", isMissing: true)
    }
    let known = policies.map(names(in:)) ?? []
    throw PolicyError("no policy \"\(name)\"\(NearestNames.hint(for: name, among: known))", isMissing: true)
  }

  /// The names of the policies in a folder of policy folders, sorted.
  public static func names(in folder: URL) -> [String] {
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return contents.filter {
      FileManager.default.fileExists(
        atPath: folder.appendingPathComponent($0).appendingPathComponent(shippedName).path)
    }.sorted()
  }
}

import Attacks
import Display
import Environments
import Networks
import Policies
import RandomStreams
import TestSupport

/// All environments of the project.
var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

extension WatchSession.Subject {
  /// An untrained network with an opinion: attacks change its mind now and then.
  /// - Parameters:
  ///   - units: of an LSTM layer before the last, if there is one.
  ///   - defense: what stands before the network.
  static func untrained(
    _ id: String, frames: Int = 1, seed: UInt64 = 1, lstm units: Int? = nil,
    behind defense: InferenceDefense? = nil
  ) throws -> WatchSession.Subject {
    let definition = try catalog.definition(for: id)
    let space = definition.observationSpace
    var random = RandomStream(seed: seed, stream: .initialization)
    let network = try Network(
      .init(
        input: [space.height, space.width, space.channels * frames],
        layers: [.flatten, .dense(outputs: 24, activation: .tanh)] + (units.map { [.lstm(units: $0)] } ?? [])
          + [
            .dense(outputs: definition.actions.count, activation: .identity)
          ]), initializer: .orthogonal, using: &random)
    let policy = NetworkPolicy(network)
    return WatchSession.Subject(
      name: "untrained", policy: defense?.wrapping(policy) ?? policy, scores: .values,
      environment: definition,
      frames: frames)
  }
}

extension WatchSession {
  /// A session of an untrained policy, some steps into it.
  static func untrained(
    _ id: String, frames: Int = 1, beside company: Company = .alone, attack: String = "fgsm",
    epsilon: Epsilon = Epsilon(32, over: 255), seed: UInt64 = 5, steps: Int = 0
  ) throws -> WatchSession {
    try of(
      .untrained(id, frames: frames), beside: company, attack: attack, epsilon: epsilon, seed: seed,
      steps: steps)
  }

  /// A session of a policy, some steps into it.
  static func of(
    _ subject: Subject, beside company: Company = .alone, attack: String = "fgsm", expectation: Int? = nil,
    isStraightThrough: Bool = false,
    epsilon: Epsilon = Epsilon(32, over: 255), seed: UInt64 = 5, steps: Int = 0
  ) throws -> WatchSession {
    let space = subject.environment.observationSpace
    var session = try WatchSession(
      subject, beside: company,
      settings: .init(
        AttackPlan(
          try AttackChoice(attack), expectation: expectation, isStraightThrough: isStraightThrough),
        within: ThreatModel(epsilon: epsilon, range: space.low...space.high)),
      seed: seed)
    for _ in 0..<steps { try session.advance() }
    return session
  }
}

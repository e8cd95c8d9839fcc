import Agents
import Attacks
import Foundation
import Networks
import Policies
import Tensors

/// SA-DQN (Zhang et al. 2020, "Robust Deep Reinforcement Learning against Adversarial Perturbations on State Observations",
/// section 3.4 and algorithm 7): the greedy action is to keep its lead over all others anywhere in a box around the
/// observation,
///
///     loss + κ · mean max(max over ŝ in the box and a ≠ a* of Q(ŝ, a) − Q(ŝ, a*), −c)     a* = argmax Q(s, ·)
///
/// The inner maximum by interval bounds of the differences, or at the point that projected gradient ascent finds.
///
/// Deviations:
/// 1. Interval bounds in the place of the paper's mixture of CROWN and interval bounds.
/// 2. Epsilon grows over the run by ``Hardness/warmUp``, in a straight line as a rule.
/// 3. Gradient ascent starts at random and takes steps of 2.5·ε/steps.
/// 4. With ``Labels/start`` a* is the greedy action of the policy that the run starts from, and stays: somewhat as the robust
///    student of RS-DQN learns from a Q-network beside it, which goes on learning (Fischer et al. 2019, "Online Robustness
///    Training for Deep Reinforcement Learning").
public struct SADQN: LossDefenseRecipe {
  /// Whose greedy action is to keep its lead.
  public enum Labels: String, Hashable, Sendable, CaseIterable {
    /// The policy's as it is.
    case own
    /// That of the policy that the run starts from: what it knows is not lost while it hardens.
    case start
  }

  /// The sizes and the weight κ.
  public var hardness: Hardness
  /// How the inner maximum is found.
  public var method: InnerMaximization
  /// The lead c that is enough.
  public var lead: Float
  /// Steps of gradient ascent.
  public var steps: Int
  /// Whose greedy action is to keep its lead.
  public var labels: Labels

  /// The defense with its settings.
  public init(
    _ hardness: Hardness, method: InnerMaximization = .interval, lead: Float = 1,
    steps: Int = InnerMaximization.usualSteps,
    labels: Labels = .own
  ) {
    self.hardness = hardness
    self.method = method
    self.lead = lead
    self.steps = steps
    self.labels = labels
  }

  /// For DQN only.
  public func defense(
    for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64
  ) throws -> any LossDefense {
    try Self.about.check(for: kind, instead: "sa-ppo")
    if method == .interval { try requireIntervalBounds(policy, "sa-dqn") }
    return Lead(
      recipe: self, surroundings: Surroundings(range: range), seed: seed,
      teacher: labels == .start ? policy : nil)
  }

  /// With ``Labels/start``.
  public var needsStart: Bool { labels == .start }

  /// max(max over a ≠ label of z[a] − z[label], −c).
  static func hinge(_ scores: Tensor, _ labels: [Int], lead: Float) -> Tensor {
    let margins = scores.margin(over: labels)
    return maximum(margins, Tensor(repeating: -lead, shape: margins.shape))
  }
}

/// The weighted hinge of the bounded or found margins.
private struct Lead: LossDefense {
  let recipe: SADQN
  let surroundings: Surroundings
  let seed: UInt64
  /// Whose greedy actions keep their lead; nil for the policy's own.
  var teacher: Network?

  func measures(at progress: Float) -> [String: Float] { recipe.hardness.measures(at: progress) }

  func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) -> LossTerm? {
    guard let (epsilon, weight) = recipe.hardness.at(progress) else { return nil }
    let lead = recipe.lead
    let taught = teacher.map { $0(experience.observations).argmax() }
    switch recipe.method {
    case .interval:
      return LossTerm { [surroundings] policy, shard in
        let box = surroundings.box(around: shard.observations, epsilon: epsilon)
        let labels = taught.map { Array($0[shard.rows]) } ?? shard.scores.argmax()
        return weight * SADQN.hinge(-policy.intervalMargins(over: box, of: labels), labels, lead: lead)
      }
    case .pgd:
      let observations = experience.observations
      let labels = taught ?? policy(observations).argmax()
      let found = surroundings.ascended(
        observations, epsilon: epsilon, steps: recipe.steps,
        from: startingNoise(observations.shape, seed: seed, update: update), workers: workers
      ) { perturbed, rows in policy(perturbed).margin(over: Array(labels[rows])) }
      return LossTerm { policy, shard in
        weight * SADQN.hinge(policy(found.slice(shard.rows)), Array(labels[shard.rows]), lead: lead)
      }
    }
  }

  /// The teacher, if there is one: a run that goes on does not start again.
  func savedState() throws -> Data? {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return try teacher.map { try encoder.encode($0.parameters) }
  }

  /// Goes on with it.
  mutating func restore(_ state: Data) throws {
    try teacher?.restore(PropertyListDecoder().decode([Tensor].self, from: state))
  }
}

extension SADQN: NamedDefense {
  static let about = AboutDefense(
    SADQN.self, "sa-dqn", .loss, for: [.dqn],
    "the greedy action keeps its lead anywhere in a box (Zhang et al. 2020)")

  static let parameters: [Parameter<SADQN>] =
    Parameter.hardness(epsilon: \.hardness.epsilon, warmUp: \.hardness.warmUp, weight: \.hardness.weight)
    + [
      .method(\.method),
      .number("lead", \.lead, in: 0...1000, "the lead c that is enough"),
      .steps(\.steps, of: \.method),
      .choice("labels", \.labels, "whose greedy action keeps its lead: own, or start's, of --start-from")
        .written { $0.labels != .own },
    ]

  init() { self.init(Hardness(weight: 0.1)) }

  var fault: String? { hardness.fault() ?? method.fault(steps: steps) }
}

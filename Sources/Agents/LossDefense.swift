import Foundation
import Networks
import Policies
import Tensors

/// A defense at the second of three seams: it changes what the agent learns. It may learn something of its own on the way.
public protocol LossDefense: Sendable {
  /// Starts with the agent's policy as it is at first.
  ///
  /// - Parameters:
  ///   - policy: observations to Q-values or logits.
  ///   - kind: who learns.
  ///   - range: the valid values of an observation.
  ///   - seed: of the run.
  /// - Throws: ``ConfigurationError`` when the defense is not for this agent or this network.
  mutating func begin(with policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64)
    throws

  /// What one update adds to the agent's loss.
  ///
  /// - Parameters:
  ///   - experience: what the update learns from.
  ///   - policy: observations to Q-values or logits, before the update.
  ///   - update: the number of updates before this one.
  ///   - progress: the share of the run that has passed, 0 to 1.
  ///   - workers: threads; the result does not depend on their number.
  /// - Returns: nil for nothing, while the defense waits.
  mutating func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) throws -> LossTerm?

  /// Whether it looks back at the policy that the run starts from, and so makes no sense without one.
  var needsStart: Bool { get }

  /// The names under which the defense and its terms tell of themselves in files, `defense_loss` included.
  var measures: [String] { get }

  /// How much is asked for at some point of the run, 0 to 1, also where there is no term yet: size and weight, by names for files.
  func measures(at progress: Float) -> [String: Float]

  /// All that ``term(for:of:update:progress:workers:)`` has learned; nil when that is nothing.
  func savedState() throws -> Data?

  /// Goes on where a defense of the same settings was, after ``begin(with:of:range:seed:)``.
  mutating func restore(_ state: Data) throws
}

extension LossDefense {
  /// No.
  public var needsStart: Bool { false }

  /// The term, the size and the weight.
  public var measures: [String] { ["defense_loss", "defense_epsilon", "defense_weight"] }

  /// Nothing.
  public func savedState() throws -> Data? { nil }

  /// Nothing to restore.
  public mutating func restore(_ state: Data) throws {}
}

/// What one update learns from: transitions (s, a, r, s′), one row or element each.
public struct Transitions: Sendable {
  /// s: [rows, height, width, frames·channels].
  public let observations: Tensor
  /// a.
  public let actions: [Int]
  /// r, or r₁ + γ·r₂ + … over several steps.
  public let rewards: [Float]
  /// s′; where `isFollowed` is false some other observation. Gathered when it is asked for: not every defense does.
  public var next: Tensor { gatherNext() }
  /// The factor of the value of s′: γ to the number of steps, 0 where the episode terminated.
  public let discounts: [Float]
  /// Whether s′ is known, or not needed because the episode terminated.
  public let isFollowed: [Bool]
  private let gatherNext: @Sendable () -> Tensor

  /// Transitions.
  public init(
    observations: Tensor, actions: [Int], rewards: [Float],
    next: @autoclosure @escaping @Sendable () -> Tensor,
    discounts: [Float], isFollowed: [Bool]
  ) {
    self.observations = observations
    self.actions = actions
    self.rewards = rewards
    gatherNext = next
    self.discounts = discounts
    self.isFollowed = isFollowed
  }
}

/// What a defense adds to the loss of one update.
public struct LossTerm: Sendable {
  /// The added loss of some rows of the experience, [rows], on the tape.
  /// - Parameters:
  ///   - policy: observations to Q-values or logits, its parameters on the tape.
  ///   - scores: what it gives for the rows' observations, on the tape.
  public typealias Value = @Sendable (_ policy: Network, _ scores: Tensor, _ rows: Range<Int>) -> Tensor

  /// What the agent's own loss is multiplied by.
  public var ownShare: Float
  /// The added loss, weighted.
  public var value: Value
  /// What DQN adds to the online Q-values of s′ before it chooses the action whose target value counts, [rows, actions],
  /// and the share of its own that stays; nil for nothing.
  public var preference: (share: Float, added: Tensor)?
  /// What is to be known of the term alone, by names for files.
  public var measures: [String: Float]

  /// A term.
  public init(
    ownShare: Float = 1, preference: (share: Float, added: Tensor)? = nil, measures: [String: Float] = [:],
    value: @escaping Value
  ) {
    self.ownShare = ownShare
    self.preference = preference
    self.measures = measures
    self.value = value
  }
}

extension LossTerm {
  /// The agent's loss with this term, and behind it what else the agent wants to know, and the term alone.
  ///
  /// - Parameters:
  ///   - own: the agent's own loss, first, and what else is to be known: sums over the rows, over `count`.
  ///   - count: the rows of the whole batch.
  func added(
    to own: [Tensor], policy: Network, scores: Tensor, rows: Range<Int>, count: Int
  ) -> [Tensor] {
    let term = value(policy, scores, rows).sum() / Float(count)
    return [ownShare * own[0] + term] + own.dropFirst() + [term]
  }
}

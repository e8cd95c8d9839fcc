import RandomStreams
import Tensors

/// What decides: observations in, actions out. Nothing else of it can be seen, so an attack that is given a victim of
/// this type is a black-box attack.
public protocol Policy: Sendable {
  /// The actions chosen for a batch.
  ///
  /// - Parameters:
  ///   - observations: [batch, height, width, channels].
  ///   - memory: what a recurrent policy carries from step to step, one row an observation; empty for others.
  ///   - random: one stream an observation, so that a choice does not depend on what else is in the batch. Greedy
  ///     policies draw nothing.
  /// - Returns: one action index an observation.
  func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int]

  /// The same with the scores that the choice follows from, where the policy shows any.
  func choice(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Choice
}

extension Policy {
  /// The actions alone.
  public func choice(
    on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Choice {
    Choice(actions: act(on: observations, memory: &memory, using: &random))
  }
}

/// A policy that shows its preference for each action.
public protocol ScoringPolicy: Policy {
  /// The scores (logits or Q-values) of all actions: [batch, actions]. Larger is preferred.
  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor

  /// What it does with its scores, [batch, actions]: one action an observation; the largest, and of equals the first, unless
  /// the policy says otherwise.
  func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int]
}

/// A policy whose scores are on the tape: gradients flow from them to the observations. What a white-box attack needs.
public protocol DifferentiablePolicy: ScoringPolicy {}

/// A policy that also estimates what it will earn.
public protocol ValuingPolicy: DifferentiablePolicy {
  /// The value of each observation, [batch], on the tape: the largest Q-value, or the critic's estimate.
  func values(of observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor
}

extension ScoringPolicy {
  /// The action with the largest score, the first of equals: how policies are evaluated unless said otherwise.
  public func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int] { scores.argmax() }

  /// The actions that follow from the scores.
  public func act(
    on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> [Int] {
    choice(on: observations, memory: &memory, using: &random).actions
  }

  /// The scores, and the actions that follow from them.
  public func choice(
    on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Choice {
    let scores = scores(for: observations, memory: &memory, using: &random)
    return Choice(actions: actions(from: scores, using: &random), scores: scores)
  }
}

import Attacks
import Policies

/// A defense at the first of three seams: it changes what the agent experiences.
public protocol CollectionDefense: Sendable {
  /// What stands between the environments and the agent at some point of its training; nil for nothing.
  /// - Parameters:
  ///   - policy: the agent's as it is now, as ``LearningAgent/victim`` shows it.
  ///   - range: the valid values of an observation.
  ///   - progress: the share of the run that has passed, 0 to 1.
  func attacker(against policy: any DifferentiablePolicy, range: ClosedRange<Float>, progress: Float) throws
    -> Attacker?
}

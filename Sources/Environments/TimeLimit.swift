public import RandomStreams

/// An environment whose episodes are truncated after a number of steps.
///
/// Where the environment terminates in its last allowed step, the episode is terminated: the limit cut nothing off.
public struct TimeLimit<Base: Environment>: Environment {
  /// The environment whose time is limited.
  public private(set) var base: Base
  /// The greatest number of steps of an episode.
  public let limit: Int
  /// The steps taken in this episode.
  public private(set) var elapsed = 0

  /// Limits the episodes of an environment.
  ///
  /// - Precondition: `limit` is positive.
  public init(_ base: Base, limit: Int) {
    precondition(limit > 0, "an episode has at least one step")
    self.base = base
    self.limit = limit
  }

  /// The space of the base.
  public var observationSpace: BoxSpace { base.observationSpace }

  /// The actions of the base.
  public var actions: [String] { base.actions }

  /// Resets the base and the time.
  public mutating func reset(using random: inout some Randomness) {
    base.reset(using: &random)
    elapsed = 0
  }

  /// Steps the base, and truncates the episode if that was its last allowed step and the base goes on.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    var outcome = base.step(action, using: &random)
    elapsed += 1
    if outcome.ending == nil && elapsed >= limit { outcome.ending = .truncated }
    return outcome
  }

  /// Observes the base; the time is not observed.
  public func observe(into frame: inout MutableSpan<Float>) {
    base.observe(into: &frame)
  }
}

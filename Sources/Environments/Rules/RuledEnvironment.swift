import RandomStreams

/// An environment whose episodes follow ``EpisodeRules``.
///
/// Where the environment terminates in its last allowed step, the episode is terminated: the limit cut nothing off.
public struct RuledEnvironment<Base: Environment>: Environment {
  /// Draws as the base does.
  public typealias Generator = Base.Generator

  /// The environment to which the rules apply.
  public private(set) var base: Base
  /// The rules.
  public let rules: EpisodeRules
  /// The agent's steps in this episode.
  public private(set) var elapsed = 0
  /// The action that the environment took last, which survives a reset.
  public private(set) var lastAction = 0

  /// The base's state, and what the rules keep of the episode.
  public struct State: Codable, Sendable {
    fileprivate let base: Base.State
    fileprivate let elapsed: Int
    fileprivate let lastAction: Int
  }

  /// All that an episode changes.
  public var state: State {
    get { State(base: base.state, elapsed: elapsed, lastAction: lastAction) }
    set {
      base.state = newValue.base
      elapsed = newValue.elapsed
      lastAction = newValue.lastAction
    }
  }

  /// Puts an environment under rules.
  public init(_ base: Base, rules: EpisodeRules) {
    self.base = base
    self.rules = rules
  }

  /// The space of the base.
  public var observationSpace: BoxSpace { base.observationSpace }

  /// The actions of the base.
  public var actions: [String] { base.actions }

  /// Where the base's agent faces.
  public var direction: Int? { base.direction }

  /// Resets the base and the time.
  public mutating func reset(using random: inout some Randomness) {
    base.reset(using: &random)
    elapsed = 0
  }

  /// Steps the base as often as the rules say or until it ends; truncates the episode if that was its last allowed step
  /// and the base goes on.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    var outcome = Outcome(reward: 0)
    for _ in 0..<rules.actionRepeat where outcome.ending == nil {
      if let stickiness = rules.stickiness, random.chance(stickiness) {
        // The last action is taken again.
      } else {
        lastAction = action
      }
      let part = base.step(lastAction, using: &random)
      outcome.reward += part.reward
      outcome.ending = part.ending
    }
    if let bounds = rules.rewardBounds {
      outcome.reward = min(max(outcome.reward, bounds.lowerBound), bounds.upperBound)
    }
    elapsed += 1
    if outcome.ending == nil && elapsed >= rules.timeLimit { outcome.ending = .truncated }
    return outcome
  }

  /// Observes the base; neither time nor the last action is observed.
  @inline(__always)
  public func observe(into frame: inout MutableSpan<Float>) {
    base.observe(into: &frame)
  }

  /// The picture of the base.
  public func picture() -> Picture { base.picture() }
}

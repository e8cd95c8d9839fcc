import RandomStreams

/// A world of cells after the conventions of MiniGrid (Chevalier-Boisvert et al., "Minigrid & Miniworld", 2023): walls,
/// lava, doors, things to carry, and a goal.
///
/// - Description: a ``GridLayout`` says what is where at the start and what the task is. With the seven actions the
///   generated layouts are step for step those of the package `minigrid` 3.2.0; see their pages.
/// - Observation: a ``GridView``; nothing tells the time.
/// - Actions: left, right, forward, pickup, drop, toggle, done; with moving obstacles in a generated layout only the first
///   three; on a map with compass moves up, right, down, left.
/// - Reward: 1 − 0.9 · steps / time limit for reaching a goal, or for opening the door of ``GridLayout/unlock``; −1 for
///   going forward into a moving obstacle, in their layout into a wall, too; on a map, what it says for lava; else 0.
/// - Start: as the layout says.
/// - End: terminated with each of these rewards, and in lava.
/// - Arguments: the layout, the view, the time limit that the reward refers to, and the rewards for goal and lava.
public struct GridWorld: Environment {
  private var episode: GridEpisode

  /// A world that waits for its first reset.
  ///
  /// - Parameters:
  ///   - layout: what is where.
  ///   - view: what is observed.
  ///   - timeLimit: the number of steps after which a goal is worth a tenth.
  ///   - goalReward: what a goal would be worth without any step.
  ///   - lavaReward: what lava is worth.
  /// - Precondition: `timeLimit` is positive, the layout's numbers are possible, and a tile of pixels has room.
  public init(
    _ layout: GridLayout, view: GridView, timeLimit: Int, goalReward: Double = 1, lavaReward: Float = 0
  ) {
    precondition(timeLimit > 0, "an episode has at least one step")
    let rules = GridRules(
      of: layout, timeLimit: timeLimit, goalReward: goalReward, lavaReward: lavaReward)
    episode = GridEpisode(
      layout, rules: rules, observer: GridObserver(view, of: layout, turns: rules.task != .walk))
  }

  /// What stands where, and where the agent is.
  public struct State: Codable, Sendable {
    fileprivate let episode: GridEpisode.State
  }

  /// All that an episode changes.
  public var state: State {
    get { State(episode: episode.state) }
    set {
      makeUnique()
      episode.state = newValue.episode
    }
  }

  /// As the view says.
  public var observationSpace: BoxSpace { episode.observer.space }

  /// Depends on the layout.
  public var actions: [String] { episode.rules.task.actions }

  /// Where the agent faces; nil on a map with compass moves.
  public var direction: Int? { episode.observer.turns ? episode.facing.rawValue : nil }

  /// Builds the layout.
  public mutating func reset(using random: inout some Randomness) {
    makeUnique()
    episode.start(using: &random)
  }

  /// Takes an action; draws only where obstacles move.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    makeUnique()
    return episode.step(action, using: &random)
  }

  /// Before a change, parts from the copies that share the episode.
  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&episode) { episode = GridEpisode(copying: episode) }
  }

  /// Writes the view.
  public func observe(into frame: inout MutableSpan<Float>) {
    episode.observe(into: &frame)
  }

  /// The whole grid, 24 pixels a cell.
  public func picture() -> Picture { episode.picture() }
}

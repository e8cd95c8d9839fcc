public import RandomStreams

/// A world of cells after the conventions of MiniGrid (Chevalier-Boisvert et al., "Minigrid & Miniworld", 2023): walls,
/// lava, doors, things to carry, and a goal.
///
/// - Description: a ``GridLayout`` says what is where at the start and what the task is. With the seven actions the
///   generated layouts are step for step those of the package `minigrid` 3.2.0; see their pages.
/// - Observation: a ``GridView``; nothing tells the time.
/// - Actions: left, right, forward, pickup, drop, toggle, done; with moving obstacles in a generated layout only the first
///   three; on a map with compass moves up, right, down, left.
/// - Reward: 1 − 0.9 · steps / time limit for reaching a goal, or for opening the door of ``GridLayout/unlock``; −1 for
///   going forward into a moving obstacle; on a map, what it says for lava; else 0.
/// - Start: as the layout says.
/// - End: terminated with each of these rewards, and in lava.
/// - Arguments: the layout, the view, the time limit that the reward refers to, and the rewards for goal and lava.
public struct GridWorld: Environment {
  private let layout: GridLayout
  private let observer: GridObserver
  private let timeLimit: Int
  private let goalReward: Double
  private let lavaReward: Float
  private let task: Task
  private var state: GridState

  /// By which rules a step is taken.
  private enum Task: Hashable {
    /// Four moves.
    case walk
    /// MiniGrid's base class.
    case reach
    /// Going forward ends the episode unless the cell ahead is empty or the goal.
    case avoid
    /// Opening a door ends the episode.
    case unlock
  }

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
    self.layout = layout
    self.timeLimit = timeLimit
    self.goalReward = goalReward
    self.lavaReward = lavaReward
    task =
      switch layout {
      case .map(let map) where map.moves == .compass: .walk
      case .dynamicObstacles: .avoid
      case .unlock: .unlock
      default: .reach
      }
    observer = GridObserver(view, of: layout, turns: task != .walk)
    state = GridState(height: layout.height, width: layout.width)
  }

  /// As the view says.
  public var observationSpace: BoxSpace { observer.space }

  /// Depends on the layout.
  public var actions: [String] {
    switch task {
    case .walk: ["up", "right", "down", "left"]
    case .avoid: ["left", "right", "forward"]
    case .reach, .unlock: ["left", "right", "forward", "pickup", "drop", "toggle", "done"]
    }
  }

  /// Where the agent faces; nil on a map with compass moves.
  public var direction: Int? { task == .walk ? nil : state.facing.rawValue }

  /// Builds the layout.
  public mutating func reset(using random: inout some Randomness) {
    layout.build(&state, using: &random)
  }

  /// Takes an action; draws only where obstacles move.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    state.steps &+= 1
    if task == .walk { return walk(action, using: &random) }
    precondition(0 <= action && action < (task == .avoid ? 3 : 7), "there is no action \(action)")
    let isForward = action == 2
    var collides = false
    if state.obstacleCount > 0 {
      collides = isForward && isCollision(at: state.ahead)
      state.moveObstacles(using: &random)
    }
    let ahead = state.ahead
    let cell = state.grid[ahead]
    var outcome = Outcome(reward: 0)
    switch action {
    case 0: state.facing = state.facing.turned(3)
    case 1: state.facing = state.facing.turned(1)
    case 2: outcome = enter(cell, at: ahead)
    case 3:
      if cell.isPortable && state.carried == .empty && !state.isObstacle(at: ahead) {
        state.carried = cell
        state.grid[ahead] = .empty
      }
    case 4:
      if cell == .empty {
        state.grid[ahead] = state.carried
        state.carried = .empty
      }
    case 5: outcome = toggle(cell, at: ahead)
    default: break
    }
    return collides ? Outcome(reward: -1, ending: .terminated) : outcome
  }

  /// Whether going there is a collision, before the obstacles move.
  private func isCollision(at position: GridPosition) -> Bool {
    if task == .avoid {
      let cell = state.grid[position]
      return cell != .empty && cell != .goal
    }
    return state.isObstacle(at: position)
  }

  private mutating func walk(_ action: Int, using random: inout some Randomness) -> Outcome {
    precondition(0 <= action && action < 4, "there is no action \(action)")
    // Up, right, down, left are the directions from the last on.
    let target = state.agent.next(GridDirection.up.turned(action))
    var collides = false
    if state.obstacleCount > 0 {
      collides = isCollision(at: target)
      state.moveObstacles(using: &random)
    }
    let outcome = enter(state.grid[target], at: target)
    return collides ? Outcome(reward: -1, ending: .terminated) : outcome
  }

  private mutating func enter(_ cell: GridCell, at position: GridPosition) -> Outcome {
    guard cell.isEnterable else { return Outcome(reward: 0) }
    state.agent = position
    if cell == .goal { return success }
    if cell == .lava { return Outcome(reward: lavaReward, ending: .terminated) }
    return Outcome(reward: 0)
  }

  private mutating func toggle(_ cell: GridCell, at position: GridPosition) -> Outcome {
    switch cell.object {
    case .openDoor: state.grid[position] = GridCell(.closedDoor, cell.color)
    case .closedDoor: state.grid[position] = GridCell(.openDoor, cell.color)
    case .lockedDoor:
      guard state.carried == GridCell(.key, cell.color) else { break }
      state.grid[position] = GridCell(.openDoor, cell.color)
      if task == .unlock { return success }
    case .box: state.grid[position] = .empty
    case .unseen, .empty, .wall, .floor, .key, .ball, .goal, .lava: break
    }
    return Outcome(reward: 0)
  }

  /// In double precision, then rounded, as a comparison with the reference's reward needs it.
  private var success: Outcome {
    let reward = goalReward * (1 - 0.9 * (Double(state.steps) / Double(timeLimit)))
    return Outcome(reward: Float(reward), ending: .terminated)
  }

  /// Writes the view.
  public func observe(into frame: inout MutableSpan<Float>) {
    observer.observe(state, into: &frame)
  }

  /// The whole grid, 24 pixels a cell.
  public func picture() -> Picture { observer.picture(of: state) }

  /// Hashes what changes in an episode: worlds of one layout are what a set holds.
  public func hash(into hasher: inout Hasher) { hasher.combine(state) }
}

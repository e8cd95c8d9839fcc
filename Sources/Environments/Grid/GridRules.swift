import RandomStreams

/// By which rules the steps of a grid world are taken, and what they are worth.
struct GridRules: Hashable, Sendable {
  /// What ends an episode, and by which actions.
  enum Task: Hashable {
    /// To reach a goal by four moves.
    case walk
    /// To reach a goal: MiniGrid's base class.
    case reach
    /// To reach a goal, where going forward ends the episode unless the cell ahead is empty or the goal.
    case avoid
    /// To open a door.
    case unlock

    /// The names of the actions.
    var actions: [String] {
      switch self {
      case .walk: ["up", "right", "down", "left"]
      case .avoid, .reach, .unlock: GridAction.allCases.prefix(actionCount).map { "\($0)" }
      }
    }

    /// The number of actions.
    var actionCount: Int {
      switch self {
      case .walk: 4
      case .avoid: 3
      case .reach, .unlock: 7
      }
    }
  }

  let task: Task
  let timeLimit: Int
  let goalReward: Double
  let lavaReward: Float

  init(of layout: GridLayout, timeLimit: Int, goalReward: Double, lavaReward: Float) {
    task =
      switch layout {
      case .map(let map) where map.moves == .compass: .walk
      case .dynamicObstacles: .avoid
      case .unlock: .unlock
      default: .reach
      }
    self.timeLimit = timeLimit
    self.goalReward = goalReward
    self.lavaReward = lavaReward
  }

  /// What the task is worth after a number of steps: in double precision, then rounded, like the reference's reward.
  func success(after steps: Int) -> Outcome {
    let reward = goalReward * (1 - 0.9 * (Double(steps) / Double(timeLimit)))
    return Outcome(reward: Float(reward), ending: .terminated)
  }
}

extension GridEpisode {
  /// Takes an action; draws only where obstacles move.
  ///
  /// A collision is with what is ahead before the obstacles move; the rest happens after they have.
  func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    precondition(0 <= action && action < rules.task.actionCount, "there is no action \(action)")
    steps &+= 1
    let walks = rules.task == .walk
    // Up, right, down, left are the directions from the last on.
    let target = walks ? agent.next(GridDirection.up.turned(action)) : ahead
    var collides = false
    if obstacleCount > 0 {
      collides = (walks || action == GridAction.forward.rawValue) && isCollision(at: target)
      moveObstacles(using: &random)
    }
    let cell = grid[target]
    let outcome = walks ? enter(cell, at: target) : act(GridAction(rawValue: action)!, on: cell, at: target)
    return collides ? Outcome(reward: -1, ending: .terminated) : outcome
  }

  private func isCollision(at position: GridPosition) -> Bool {
    guard rules.task == .avoid else { return isObstacle(at: position) }
    let cell = grid[position]
    return cell != .empty && cell != .goal
  }

  /// An action on what is ahead.
  private func act(_ action: GridAction, on cell: GridCell, at position: GridPosition) -> Outcome {
    switch action {
    case .left: facing = facing.turned(3)
    case .right: facing = facing.turned(1)
    case .forward: return enter(cell, at: position)
    case .pickup:
      if cell.isPortable && carried == .empty && !isObstacle(at: position) {
        carried = cell
        grid[position] = .empty
      }
    case .drop:
      if cell == .empty {
        grid[position] = carried
        carried = .empty
      }
    case .toggle: return toggle(cell, at: position)
    case .done: break
    }
    return Outcome(reward: 0)
  }

  private func enter(_ cell: GridCell, at position: GridPosition) -> Outcome {
    guard cell.isEnterable else { return Outcome(reward: 0) }
    agent = position
    if cell == .goal { return rules.success(after: steps) }
    if cell == .lava { return Outcome(reward: rules.lavaReward, ending: .terminated) }
    return Outcome(reward: 0)
  }

  private func toggle(_ cell: GridCell, at position: GridPosition) -> Outcome {
    switch cell.object {
    case .openDoor: grid[position] = GridCell(.closedDoor, cell.color)
    case .closedDoor: grid[position] = GridCell(.openDoor, cell.color)
    case .lockedDoor:
      guard carried == GridCell(.key, cell.color) else { break }
      grid[position] = GridCell(.openDoor, cell.color)
      if rules.task == .unlock { return rules.success(after: steps) }
    case .box: grid[position] = .empty
    case .unseen, .empty, .wall, .floor, .key, .ball, .goal, .lava: break
    }
    return Outcome(reward: 0)
  }
}

public import RandomStreams

/// Walk over a map to the goal without touching the lava.
///
/// - Description: a grid world in the manner of MiniGrid (Chevalier-Boisvert et al., 2023), seen from above as a whole
///   and walked in four directions, without turning. In the narrow places a single wrong step ends the episode.
/// - Observation: one channel each for the agent, walls, lava and goals: 1 in the cells where they are, else 0.
/// - Actions: up, right, down, left; a move into a wall or over the map's edge stays where it is.
/// - Reward: at a goal 1 − 0.9 · steps / time limit, as in MiniGrid, so a short way is worth more; in lava
///   `lavaReward`; else 0.
/// - Start: a random one of the map's starts.
/// - End: terminated at a goal or in lava.
/// - Arguments: the map, the time limit that the reward refers to, and the reward for lava.
public struct GridWorld: Environment {
  private let map: GridMap
  /// The observation without the agent, shared by all copies.
  private let background: [Float]
  private let timeLimit: Int
  private let lavaReward: Float
  private var agent: Int
  private var steps = 0

  private static let channels = 4

  /// A world that waits for its first reset.
  ///
  /// - Precondition: `timeLimit` is positive.
  public init(map: GridMap, timeLimit: Int, lavaReward: Float) {
    precondition(timeLimit > 0, "an episode has at least one step")
    self.map = map
    self.timeLimit = timeLimit
    self.lavaReward = lavaReward
    agent = map.starts[0]
    background = map.cells.flatMap { cell -> [Float] in
      [0, cell == .wall ? 1 : 0, cell == .lava ? 1 : 0, cell == .goal ? 1 : 0]
    }
  }

  /// Four channels in [0, 1], with one position a cell: agent, wall, lava, goal.
  public var observationSpace: BoxSpace {
    BoxSpace(
      height: map.height, width: map.width, channels: Self.channels,
      rawMaxima: Array(repeating: 1, count: Self.channels))
  }

  /// Up, right, down, left.
  public var actions: [String] { ["up", "right", "down", "left"] }

  /// Puts the agent on a start, which is drawn if there are several.
  public mutating func reset(using random: inout some Randomness) {
    agent = map.starts[random.index(below: map.starts.count)]
    steps = 0
  }

  /// Moves the agent; draws nothing.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    guard let move = GridMove(rawValue: action) else { preconditionFailure("there is no action \(action)") }
    precondition(map.cells[agent] != .lava && map.cells[agent] != .goal, "reset before the next step")
    agent = map.cell(move, of: agent)
    steps += 1
    switch map.cells[agent] {
    case .goal: return Outcome(reward: 1 - 0.9 * Float(steps) / Float(timeLimit), ending: .terminated)
    case .lava: return Outcome(reward: lavaReward, ending: .terminated)
    case .floor, .start, .wall: return Outcome(reward: 0)
    }
  }

  /// Marks what every cell is, and where the agent stands.
  public func observe(into frame: inout MutableSpan<Float>) {
    for index in background.indices { frame[index] = background[index] }
    frame[agent * Self.channels] = 1
  }

  /// Hashes what changes in an episode: worlds of one map are what a set holds.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(agent)
    hasher.combine(steps)
  }
}

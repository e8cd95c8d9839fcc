import Environments

/// The actions of a shortest way to an ending with a positive reward; nil if there is none.
///
/// Breadth first over whatever can be told apart by the observations, which have to show all but the time.
func shortestWay(_ vector: any VectorEnvironment, actions: [Int]) -> [Int]? {
  var seen: Set<[Float]> = [vector.observation()]
  var pending: [(vector: any VectorEnvironment, way: [Int])] = [(vector, [])]
  var next = 0
  while next < pending.count {
    let (vector, way) = pending[next]
    next += 1
    for action in actions {
      var following = vector
      let outcome = following.step([action])[0]
      if outcome.ending == .terminated && outcome.reward > 0 { return way + [action] }
      if outcome.ending == nil && seen.insert(following.observation()).inserted {
        pending.append((following, way + [action]))
      }
    }
  }
  return nil
}

/// A grid world that a test looks into.
struct GridProbe {
  private(set) var vector: EnvironmentVector<GridWorld>
  private let height: Int
  private let width: Int
  private let isSquareView: Bool

  /// A world that has started an episode, observed in MiniGrid's symbols.
  init(
    _ layout: GridLayout, extent: GridView.Extent = .whole, timeLimit: Int = 100, goalReward: Double = 1,
    lavaReward: Float = 0, seed: UInt64 = 0
  ) {
    let world = GridWorld(
      layout, view: GridView(.symbolic, extent), timeLimit: timeLimit, goalReward: goalReward,
      lavaReward: lavaReward)
    // The first axis of MiniGrid's images goes to the right.
    width = world.observationSpace.height
    height = world.observationSpace.width
    isSquareView = extent == .egocentric
    vector = EnvironmentVector(id: "grid", world, rules: EpisodeRules(timeLimit: 1_000_000), count: 1)
    vector.reset(0, seed: seed)
  }

  /// A world from the rows of a map on which the agent turns.
  init(_ rows: String..., extent: GridView.Extent = .whole, lavaReward: Float = 0, seed: UInt64 = 0) throws {
    self.init(
      .map(try GridMap(rows: rows, moves: .turning)), extent: extent, lavaReward: lavaReward, seed: seed)
  }

  /// Takes actions by name; the outcome of the last one. Those before it must not end the episode.
  @discardableResult
  mutating func act(_ names: String...) -> Outcome {
    var outcome = Outcome(reward: 0)
    for name in names {
      precondition(outcome.ending == nil)
      outcome = vector.step([vector.actions.firstIndex(of: name)!])[0]
    }
    return outcome
  }

  mutating func reset() { vector.reset(0) }

  /// Object, color and state at a row and a column.
  func cell(_ row: Int, _ column: Int) -> [UInt8] {
    let raw = vector.observationSpace.rawValues(of: vector.observation().span)!
    let first = 3 * (column * height + row)
    return Array(raw[first..<first + 3])
  }

  /// Row and column of the agent, of the whole grid.
  var agent: [Int] {
    for row in 0..<height {
      for column in 0..<width where cell(row, column)[0] == 10 { return [row, column] }
    }
    return []
  }

  /// The objects, row by row.
  var objects: [[UInt8]] { (0..<height).map { row in (0..<width).map { cell(row, $0)[0] } } }
}

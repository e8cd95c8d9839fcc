import Environments
import RandomStreams
import TestSupport
import Testing

@Suite("Grid worlds with compass moves")
struct CompassTests {
  private func world(timeLimit: Int = 10, rows: [String]? = nil) throws -> EnvironmentVector<GridWorld> {
    let world = try compassWorld(rows ?? ["S..", "#~G"], timeLimit: timeLimit, lavaReward: -0.5)
    var vector = EnvironmentVector(id: "grid", world, rules: EpisodeRules(timeLimit: 1000), count: 1)
    vector.reset(0, seed: 0)
    return vector
  }

  @Test("four channels show the agent, the walls, the lava and the goal")
  func observation() throws {
    var vector = try world()
    let start: [Float] =
      [1, 0, 0, 0] + [0, 0, 0, 0] + [0, 0, 0, 0]
      + [0, 1, 0, 0] + [0, 0, 1, 0] + [0, 0, 0, 1]
    #expect(vector.observation() == start)
    _ = vector.step([1])
    var moved = start
    moved.swapAt(0, 4)
    #expect(vector.observation() == moved)
    _ = vector.step([2])
    moved.swapAt(4, 16)
    #expect(vector.observation() == moved)
  }

  @Test("walls and edges hold the agent back", arguments: [0, 2, 3])
  func walls(_ action: Int) throws {
    var vector = try world()
    let before = vector.observation()
    #expect(vector.step([action]) == [Outcome(reward: 0)])
    #expect(vector.observation() == before)
  }

  @Test("every action moves as it is named")
  func moves() throws {
    var vector = try world(rows: ["...", ".S.", "..G"])
    #expect(vector.actions == ["up", "right", "down", "left"])
    func agent() -> Int {
      let observation = vector.observation()
      return (0..<9).first { observation[4 * $0] == 1 }!
    }
    for (action, cell) in [(0, 1), (1, 2), (2, 5), (3, 4)] {
      _ = vector.step([action])
      #expect(agent() == cell)
    }
  }

  @Test("lava ends the episode with its reward")
  func lava() throws {
    var vector = try world()
    _ = vector.step([1])
    #expect(vector.step([2]) == [Outcome(reward: -0.5, ending: .terminated)])
  }

  @Test("the goal is worth less the later it is reached")
  func goal() throws {
    for detour in 0..<4 {
      var vector = try world(timeLimit: 10)
      for _ in 0..<detour { _ = vector.step([0]) }
      _ = vector.step([1])
      _ = vector.step([1])
      let outcome = vector.step([2])[0]
      #expect(outcome.ending == .terminated)
      #expect(abs(outcome.reward - [0.73, 0.64, 0.55, 0.46][detour]) < 1e-6)
    }
  }

  @Test("every start is used, in the order of the map")
  func starts() throws {
    var world = try compassWorld(["S.S", "GS."])
    var random = RandomStream(seed: 0)
    var expected = random
    for _ in 0..<20 {
      world.reset(using: &random)
      var frame = Array(repeating: Float.nan, count: 24)
      var span = frame.mutableSpan
      world.observe(into: &span)
      let agents = (0..<6).filter { frame[4 * $0] == 1 }
      #expect(agents == [[0, 2, 4][expected.index(below: 3)]])
    }
  }

  @Test("worlds are equal if their maps, agents and times are")
  func equality() throws {
    var world = try compassWorld(["S.G"])
    let other = try compassWorld(["S#.", "..G"])
    var random = RandomStream(seed: 0)
    world.reset(using: &random)
    let start = world
    #expect(world != other)
    _ = world.step(3, using: &random)
    #expect(world != start, "time has passed")
    world.reset(using: &random)
    #expect(world == start)
    #expect(Set([world, start, other]).count == 2)
  }

  @Test("things are in the way, and nobody faces anywhere")
  func obstacles() throws {
    let world = try compassWorld(["aS1", "1.h", "..G"])
    var vector = EnvironmentVector(id: "grid", world, rules: EpisodeRules(timeLimit: 1000), count: 1)
    vector.reset(0, seed: 0)
    let start = vector.observation()
    #expect(vector.direction(0) == nil)
    for action in [1, 3] {
      #expect(vector.step([action]) == [Outcome(reward: 0)])
      #expect(vector.observation() == start)
    }
    _ = vector.step([2])
    let below = vector.observation()
    #expect(below != start)
    for action in [1, 3] {
      _ = vector.step([action])
      #expect(vector.observation() == below)
    }
  }
}

private func compassWorld(_ rows: [String], timeLimit: Int = 9, lavaReward: Float = 0) throws -> GridWorld {
  GridWorld(
    .map(try GridMap(rows: rows, moves: .compass)), view: GridView(.planes, .whole), timeLimit: timeLimit,
    lavaReward: lavaReward)
}

@Suite("lava-bridge-v1")
struct LavaBridgeTests {
  /// The ways to the goal from the cells where an episode starts, written by hand.
  private let ways: [Int: [Int]] = [
    9: [2, 1, 1, 1, 1, 1],
    13: [2, 1],
    17: [1, 1, 1, 1, 1],
    25: [0, 1, 1, 1, 1, 1],
  ]

  /// A lane that has started an episode, and the agent's cell.
  private func start(_ seed: UInt64) throws -> (cell: Int, vector: any VectorEnvironment) {
    var vector = try repositoryCatalog().definition(for: "lava-bridge-v1").makeVector(count: 1)
    vector.reset(0, seed: seed)
    let observation = vector.observation()
    return ((0..<40).first { observation[4 * $0] == 1 }!, vector)
  }

  @Test("the way over the bridge has the return of MiniGrid's formula")
  func solution() throws {
    var cells: Set<Int> = []
    for seed in 0..<30 as Range<UInt64> {
      var (cell, vector) = try start(seed)
      cells.insert(cell)
      let way = try #require(ways[cell])
      for action in way.dropLast() { #expect(vector.step([action]) == [Outcome(reward: 0)]) }
      let outcome = vector.step([way.last!])[0]
      #expect(outcome.ending == .terminated)
      let expected: Float = [2: 0.964, 5: 0.91, 6: 0.892][way.count]!
      #expect(abs(outcome.reward - expected) < 1e-6)
    }
    #expect(cells == Set(ways.keys))
  }

  @Test("no way is shorter than these")
  func shortest() throws {
    for seed in 0..<12 as Range<UInt64> {
      let (cell, vector) = try start(seed)
      #expect(shortestWay(vector, actions: [0, 1, 2, 3])?.count == ways[cell]?.count)
    }
  }

  @Test("one wrong step on the bridge is the end", arguments: [0, 2], [2, 3, 4])
  func vulnerability(_ action: Int, _ column: Int) throws {
    let seed = try #require(try (0..<50 as Range<UInt64>).first { try start($0).cell == 17 })
    var (_, vector) = try start(seed)
    for _ in 1..<column { #expect(vector.step([1]) == [Outcome(reward: 0)]) }
    #expect(vector.step([action]) == [Outcome(reward: 0, ending: .terminated)])
  }

  @Test("who does not move is truncated at the time limit, without a reward")
  func truncation() throws {
    var (_, vector) = try start(0)
    for _ in 0..<49 { #expect(vector.step([0]) == [Outcome(reward: 0)]) }
    #expect(vector.step([0]) == [Outcome(reward: 0, ending: .truncated)])
  }

  @Test("chance seldom reaches the goal")
  func chance() throws {
    var (_, vector) = try start(0)
    var random = RandomStream(seed: 1)
    var total: Float = 0
    for _ in 0..<3000 {
      var outcome = Outcome(reward: 0)
      while outcome.ending == nil { outcome = vector.step([random.index(below: 4)])[0] }
      total += outcome.reward
      vector.reset(0)
    }
    #expect(0.02 < total / 3000 && total / 3000 < 0.2)
  }
}

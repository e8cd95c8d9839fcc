import Environments
import RandomStreams
import Testing

@Suite("Generated grid worlds")
struct GridLayoutTests {
  static let still: [GridLayout] =
    [5, 6, 8, 16].map { .emptyRoom(size: $0, start: .corner) } + [
      .emptyRoom(size: 6, start: .random), .fourRooms, .unlock,
    ]
    + [5, 6, 8].map { .doorKey(size: $0) } + [5, 6, 7].map { .lavaGap(size: $0) }
    + [GridLayout.Barrier.lava, .wall].flatMap { barrier in
      [(9, 1), (9, 2), (9, 3), (9, 6), (11, 5), (5, 2)].map {
        GridLayout.crossing(size: $0.0, count: $0.1, barrier: barrier)
      }
    }

  @Test("every one can be solved", arguments: still)
  func solvable(_ layout: GridLayout) {
    for seed in 0..<4 as Range<UInt64> {
      let world = GridWorld(layout, view: GridView(.planes, .whole), timeLimit: 1000)
      var vector = EnvironmentVector(id: "grid", world, rules: EpisodeRules(timeLimit: 1000), count: 1)
      vector.reset(0, seed: seed)
      #expect(shortestWay(vector, actions: [0, 1, 2, 3, 5]) != nil, "seed \(seed)")
    }
  }

  @Test(
    "rooms have walls all around and a goal",
    arguments: still + [.dynamicObstacles(size: 8, count: 4, start: .random)])
  func walls(_ layout: GridLayout) {
    for seed in 0..<8 as Range<UInt64> {
      let objects = GridProbe(layout, seed: seed).objects
      // The door of unlock is the goal, and in an inner wall.
      #expect(objects.first!.allSatisfy { $0 == 2 } && objects.last!.allSatisfy { $0 == 2 })
      #expect(objects.allSatisfy { $0.first == 2 && $0.last == 2 })
      #expect(objects.joined().count { $0 == 10 } == 1)
      #expect(objects.joined().count { $0 == 8 } == (layout == .unlock ? 0 : 1))
    }
  }

  @Test("an empty room is empty")
  func empty() {
    let grid = GridProbe(.emptyRoom(size: 5, start: .corner))
    #expect(
      grid.objects == [
        [2, 2, 2, 2, 2], [2, 10, 1, 1, 2], [2, 1, 1, 1, 2], [2, 1, 1, 8, 2], [2, 2, 2, 2, 2],
      ])
    #expect(grid.cell(0, 0) == [2, 5, 0] && grid.cell(3, 3) == [8, 1, 0] && grid.cell(1, 1) == [10, 0, 0])
    let starts = Set(
      (0..<200 as Range<UInt64>).map { seed -> [Int] in
        let grid = GridProbe(.emptyRoom(size: 5, start: .random), seed: seed)
        return grid.agent + [grid.vector.direction(0)!]
      })
    #expect(starts.count == 8 * 4, "all cells but the goal's, all directions")
  }

  @Test("door and key have one color, and the key is on the agent's side")
  func doorKey() {
    for seed in 0..<50 as Range<UInt64> {
      let grid = GridProbe(.doorKey(size: 8), seed: seed)
      let objects = grid.objects
      let column = (2..<6).first { column in (1..<7).allSatisfy { [2, 4].contains(objects[$0][column]) } }!
      let door = (1..<7).filter { objects[$0][column] == 4 }
      #expect(door.count == 1 && grid.cell(door[0], column) == [4, 4, 2])
      let key = (0..<64).filter { objects[$0 / 8][$0 % 8] == 5 }.map { ($0 / 8, $0 % 8) }
      #expect(key.count == 1 && key[0].1 < column && grid.cell(key[0].0, key[0].1) == [5, 4, 0])
      #expect(grid.agent[1] < column)
    }
  }

  @Test("as many rivers as asked for, each across the room with one opening")
  func rivers() {
    for seed in 0..<50 as Range<UInt64> {
      let count = 1 + Int(seed % 6)
      let objects = GridProbe(.crossing(size: 9, count: count, barrier: .lava), seed: seed).objects
      let rows = [2, 4, 6].count { row in (1..<8).count { objects[row][$0] == 9 } >= 6 }
      let columns = [2, 4, 6].count { column in (1..<8).count { objects[$0][column] == 9 } >= 6 }
      #expect(rows + columns == count)
    }
  }

  @Test("obstacles are as many as asked for and never on the goal or the agent")
  func obstacles() {
    var grid = GridProbe(.dynamicObstacles(size: 5, count: 3, start: .random), seed: 1)
    var random = RandomStream(seed: 2)
    for _ in 0..<500 {
      let objects = Array(grid.objects.joined())
      #expect(
        objects.count { $0 == 6 } == 3 && objects.count { $0 == 8 } == 1 && objects.count { $0 == 10 } == 1)
      if grid.act(["left", "right", "forward"][random.index(below: 3)]).ending != nil { grid.reset() }
    }
  }
}

import Environments
import RandomStreams
import Testing

@Suite("Grid worlds with MiniGrid's actions")
struct GridRulesTests {
  @Test("the agent turns and goes forward, but not through walls and edges")
  func turning() throws {
    var grid = try GridProbe("..G", ">#.", "...")
    #expect(grid.vector.actions == ["left", "right", "forward", "pickup", "drop", "toggle", "done"])
    #expect(grid.cell(1, 0) == [10, 0, 0] && grid.vector.direction(0) == 0)
    grid.act("forward")
    #expect(grid.agent == [1, 0])
    grid.act("right")
    #expect(grid.cell(1, 0) == [10, 0, 1])
    grid.act("forward", "forward")
    #expect(grid.agent == [2, 0])
    grid.act("left", "forward", "left")
    #expect(grid.cell(2, 1) == [10, 0, 3])
    grid.act("left", "done")
    #expect(grid.cell(2, 1) == [10, 0, 2] && grid.vector.direction(0) == 2)
  }

  @Test("arrows say where the agent faces, and S draws it")
  func starts() throws {
    for (index, arrow) in [">", "v", "<", "^"].enumerated() {
      let grid = try GridProbe("\(arrow)G")
      #expect(grid.vector.direction(0) == index)
    }
    var grid = try GridProbe("SG>", seed: 5)
    var random = RandomStream(seed: 5)
    for _ in 0..<20 {
      let isFirst = random.index(below: 2) == 0
      #expect(grid.agent == [0, isFirst ? 0 : 2])
      #expect(grid.vector.direction(0) == (isFirst ? random.index(below: 4) : 0))
      grid.reset()
    }
  }

  @Test("the goal is worth less the later it is reached, in double precision")
  func goal() throws {
    for detour in 0..<20 {
      var grid = GridProbe(.map(try GridMap(rows: [">.G"], moves: .turning)), timeLimit: 30, goalReward: 0.5)
      for _ in 0..<detour { grid.act("done") }
      #expect(grid.act("forward") == Outcome(reward: 0))
      let expected = Float(0.5 * (1 - 0.9 * (Double(detour + 2) / 30)))
      #expect(grid.act("forward") == Outcome(reward: expected, ending: .terminated))
      #expect(grid.agent == [0, 2])
    }
  }

  @Test("lava ends the episode with its reward")
  func lava() throws {
    var grid = try GridProbe(">~", "..", "G.", lavaReward: -0.25)
    #expect(grid.act("forward") == Outcome(reward: -0.25, ending: .terminated))
  }

  @Test("keys, balls and boxes are carried one at a time and put down where nothing is")
  func carrying() throws {
    for (character, cell) in [("c", [5, 2, 0]), ("l", [6, 4, 0]), ("M", [7, 5, 0])] as [(String, [UInt8])] {
      var grid = try GridProbe("a.G", ".>\(character)", "..Y")
      grid.act("forward")
      #expect(grid.agent == [1, 1], "things are in the way")
      grid.act("drop")
      #expect(grid.cell(1, 2) == cell, "there is nothing to put down")
      grid.act("pickup", "forward")
      #expect(grid.agent == [1, 2])
      grid.act("drop")
      #expect(grid.objects[1] == [1, 1, 10], "not beyond the edge")
      grid.act("right", "drop")
      #expect(grid.cell(2, 2) == [3, 4, 0], "not onto colored floor")
      grid.act("left", "left", "drop")
      #expect(grid.cell(0, 2) == [8, 1, 0], "not onto the goal")
      grid.act("left", "forward", "forward", "right", "pickup")
      #expect(grid.cell(0, 0) == [5, 0, 0], "the hands are full")
      grid.act("right", "drop")
      #expect(grid.cell(1, 1) == cell)
      grid.act("left", "pickup")
      #expect(grid.cell(0, 0) == [1, 0, 0])
    }
  }

  @Test(
    "walls, lava, doors and floor cannot be picked up", arguments: ["#", "~", "1", "n", "U", ".", "G", "*"])
  func heavy(_ character: String) throws {
    var grid = try GridProbe(">\(character)", "..", "#G")
    let before = grid.objects
    grid.act("pickup")
    // An obstacle may have moved, but nobody carries it.
    if character != "*" { #expect(grid.objects == before) }
    grid.act("left", "left", "left", "drop")
    #expect(grid.objects.joined().count { $0 == 6 } == (character == "*" ? 1 : 0))
  }

  @Test("doors open and close, and hold back who stands before them")
  func doors() throws {
    var grid = try GridProbe(">3.", "..G")
    #expect(grid.cell(0, 1) == [4, 2, 1])
    grid.act("forward")
    #expect(grid.agent == [0, 0])
    grid.act("toggle")
    #expect(grid.cell(0, 1) == [4, 2, 0])
    grid.act("toggle")
    #expect(grid.cell(0, 1) == [4, 2, 1])
    grid.act("toggle", "forward", "forward")
    #expect(grid.agent == [0, 2] && grid.cell(0, 1) == [4, 2, 0])
    let open = try GridProbe(">o.", "..G")
    #expect(open.cell(0, 1) == [4, 1, 0])
  }

  @Test("a locked door opens only to its key, which stays in the hand")
  func locks() throws {
    var grid = try GridProbe("a#.", ">AG", "b..")
    #expect(grid.cell(1, 1) == [4, 0, 2])
    grid.act("toggle")
    #expect(grid.cell(1, 1) == [4, 0, 2])
    grid.act("right", "pickup", "left", "toggle")
    #expect(grid.cell(1, 1) == [4, 0, 2], "green is not red")
    grid.act("right", "drop", "left", "left", "pickup", "right", "toggle")
    #expect(grid.cell(1, 1) == [4, 0, 0])
    grid.act("toggle")
    #expect(grid.cell(1, 1) == [4, 0, 1], "unlocked for good")
    grid.act("left", "drop")
    #expect(grid.cell(0, 0) == [5, 0, 0])
  }

  @Test("a box is gone when it is opened; toggling anything else does nothing")
  func boxes() throws {
    var grid = try GridProbe(">Hh", "..G")
    grid.act("toggle")
    #expect(grid.cell(0, 1) == [1, 0, 0])
    grid.act("forward", "toggle")
    #expect(grid.cell(0, 2) == [6, 0, 0])
  }

  @Test("an obstacle goes to a neighboring cell that is empty")
  func obstacles() throws {
    for seed in 0..<20 as Range<UInt64> {
      var grid = try GridProbe("......", ".*....", "......", "....v.", "#####.", "G.....", seed: seed)
      var last = [1, 1]
      for _ in 0..<30 {
        grid.act("done")
        let objects = grid.objects
        let row = objects.firstIndex { $0.contains(6) }!
        let place = [row, objects[row].firstIndex(of: 6)!]
        #expect(objects.joined().count { $0 == 6 } == 1)
        #expect(abs(place[0] - last[0]) <= 1 && abs(place[1] - last[1]) <= 1 && place != last)
        #expect(grid.cell(place[0], place[1]) == [6, 2, 0])
        last = place
      }
    }
  }

  @Test("an obstacle that is hemmed in stays")
  func hemmed() throws {
    var grid = try GridProbe("*#.", "##.", ">.G")
    grid.act("done", "done")
    #expect(grid.cell(0, 0) == [6, 2, 0])
  }

  @Test("running into an obstacle is worth -1 and the end, into a wall of a map it is not")
  func collisions() throws {
    var grid = try GridProbe(">*", "..", "#G")
    #expect(grid.act("forward") == Outcome(reward: -1, ending: .terminated))
    var ball = try GridProbe("*#..", "##^j", "G...")
    ball.act("right")
    #expect(ball.act("forward").ending == nil)
  }

  @Test("in the room of dynamic obstacles, running into anything is the end, and there are three actions")
  func dynamicRoom() {
    var grid = GridProbe(.dynamicObstacles(size: 6, count: 2, start: .corner))
    #expect(grid.vector.actions == ["left", "right", "forward"])
    grid.act("left")
    #expect(grid.act("forward") == Outcome(reward: -1, ending: .terminated))
    #expect(grid.agent == [1, 1])
  }

  @Test("opening the door of unlock is the end")
  func unlock() {
    for seed in 0..<5 as Range<UInt64> {
      let world = GridWorld(.unlock, view: GridView(.planes, .whole), timeLimit: 288)
      var vector = EnvironmentVector(
        id: "unlock", world, rules: EpisodeRules(timeLimit: 288), count: 1)
      vector.reset(0, seed: seed)
      let way = shortestWay(vector, actions: [0, 1, 2, 3, 5])
      #expect(way?.last == 5 && way?.contains(3) == true)
    }
  }

  @Test("worlds are equal if all is the same, the time included, and a copy is a snapshot")
  func equality() throws {
    let map = try GridMap(rows: [">aG"], moves: .turning)
    var world = GridWorld(.map(map), view: GridView(.symbolic, .egocentric), timeLimit: 9)
    var random = RandomStream(seed: 0)
    world.reset(using: &random)
    let start = world
    _ = world.step(3, using: &random)
    #expect(world != start)
    _ = world.step(4, using: &random)
    #expect(world != start, "time has passed")
    world.reset(using: &random)
    #expect(world == start && Set([world, start]).count == 1)
    var copy = world
    _ = copy.step(3, using: &random)
    #expect(world == start)
  }
}

@testable import Environments
import RandomStreams
import Testing

@Suite("Views of grid worlds")
struct GridViewTests {
  private func vector(
    _ layout: GridLayout, _ view: GridView, seed: UInt64 = 0
  ) -> EnvironmentVector<GridWorld> {
    let world = GridWorld(layout, view: view, timeLimit: 100)
    var vector = EnvironmentVector(id: "grid", world, rules: EpisodeRules(timeLimit: 100), count: 1)
    vector.reset(0, seed: seed)
    return vector
  }

  @Test("the egocentric view turns with the agent, which sees what it carries")
  func egocentric() throws {
    // The agent is at row 6, column 3 of its view.
    var grid = try GridProbe("c.....", "......", "..^..~", "......", "G.....", extent: .egocentric)
    #expect(grid.cell(6, 3) == [1, 0, 0])
    #expect(grid.cell(4, 1) == [5, 2, 0] && grid.cell(6, 6) == [9, 0, 0] && grid.cell(6, 0) == [2, 5, 0])
    #expect(grid.cell(3, 3) == [2, 5, 0], "beyond the edge is wall")
    grid.act("right")
    #expect(grid.cell(3, 3) == [9, 0, 0] && grid.cell(6, 5) == [1, 0, 0] && grid.cell(6, 6) == [2, 5, 0])
    grid.act("right")
    #expect(grid.cell(4, 5) == [8, 1, 0] && grid.cell(6, 0) == [9, 0, 0])
    grid.act("right")
    #expect(grid.cell(4, 1) == [8, 1, 0] && grid.cell(4, 5) == [5, 2, 0])
    grid.act("forward", "forward", "right", "forward", "pickup")
    #expect(grid.cell(6, 3) == [5, 2, 0] && grid.cell(5, 3) == [1, 0, 0])
  }

  @Test("walls and closed doors hide what is behind them, open doors do not")
  func occlusion() throws {
    var grid = try GridProbe("..G", "#3#", "#^#", extent: .egocentric)
    #expect(grid.cell(5, 3) == [4, 2, 1])
    #expect(grid.cell(4, 3) == [0, 0, 0] && grid.cell(3, 3) == [0, 0, 0])
    grid.act("toggle")
    #expect(grid.cell(5, 3) == [4, 2, 0] && grid.cell(5, 2) == [2, 5, 0])
    #expect(grid.cell(4, 3) == [1, 0, 0] && grid.cell(4, 4) == [8, 1, 0] && grid.cell(3, 3) == [2, 5, 0])
  }

  /// The rule of ``GridField/visible(through:)`` cell by cell.
  private func visible(through transparent: UInt64) -> UInt64 {
    func isSet(_ bits: UInt64, _ row: Int, _ column: Int) -> Bool {
      bits >> UInt64(8 * row + column) & 1 == 1
    }
    var visible: UInt64 = 0
    func see(_ row: Int, _ column: Int) { if row >= 0 { visible |= 1 << UInt64(8 * row + column) } }
    see(6, 3)
    for row in (0..<7).reversed() {
      for (columns, side) in [(Array(0..<6), 1), (Array((1..<7).reversed()), -1)] {
        for column in columns where isSet(visible, row, column) && isSet(transparent, row, column) {
          see(row, column + side)
          see(row - 1, column + side)
          see(row - 1, column)
        }
      }
    }
    return visible
  }

  @Test("what is visible, with bits or cell by cell")
  func visibility() {
    var random = RandomStream(seed: 3)
    for round in 0..<20_000 {
      var transparent: UInt64 = 0
      for row in 0..<7 {
        for column in 0..<7 where random.chance([0.3, 0.6, 0.9][round % 3]) {
          transparent |= 1 << UInt64(8 * row + column)
        }
      }
      #expect(GridField.visible(through: transparent) == visible(through: transparent))
    }
  }

  @Test("the whole grid is observed column by column, with the agent's direction")
  func whole() throws {
    var vector = vector(
      .map(try GridMap(rows: ["#v.~", "A.G1"], moves: .turning)), GridView(.symbolic, .whole))
    #expect(vector.observationSpace == BoxSpace(height: 4, width: 2, channels: 3, rawMaxima: [10, 5, 3]))
    let raw: [UInt8] = [2, 5, 0, 4, 0, 2] + [10, 0, 1, 1, 0, 0] + [1, 0, 0, 8, 1, 0] + [9, 0, 0, 4, 0, 1]
    #expect(vector.observationSpace.rawValues(of: vector.observation().span) == raw)
    #expect(vector.observation()[5] == Float(2) / 3)
    _ = vector.step([1])
    _ = vector.step([1])
    #expect(vector.observation()[6..<9] == [1, 0, 1])
  }

  @Test("planes have the channels that the world needs")
  func channels() throws {
    func names(_ rows: [String], _ extent: GridView.Extent, _ moves: GridMap.Moves = .turning) throws
      -> [String]
    {
      let layout = GridLayout.map(try GridMap(rows: rows, moves: moves))
      return GridPlanes(
        objects: layout.objects, extent: extent, hidesBehindWalls: true, turns: moves == .turning
      ).names
    }
    #expect(try names(["S.G"], .whole, .compass) == ["agent", "wall", "lava", "goal"])
    #expect(try names(["S.G"], .egocentric) == ["unseen", "wall", "lava", "goal"])
    let agent = ["agent facing right", "agent facing down", "agent facing left", "agent facing up"]
    #expect(
      try names(["SaAG"], .whole) == agent
        + ["wall", "lava", "goal", "openDoor", "closedDoor", "lockedDoor", "key"])
    #expect(
      try names(["SaUG", "*..."], .whole) == agent
        + [
          "wall", "lava", "goal", "floor", "key", "ball", "red", "green", "blue", "purple", "yellow", "gray",
        ])
  }

  @Test("planes are one where something is, and show what is carried in the agent's cell")
  func planes() throws {
    var vector = vector(.map(try GridMap(rows: [">cA", ".aG"], moves: .turning)), GridView(.planes, .whole))
    // The agent's four directions, wall, lava, goal, three doors, key, six colors.
    #expect(
      vector.observationSpace
        == BoxSpace(height: 2, width: 3, channels: 17, rawMaxima: Array(repeating: 1, count: 17)))
    func cells() -> [[Int]] {
      let observation = vector.observation()
      return (0..<6).map { cell in (0..<17).filter { observation[17 * cell + $0] == 1 } }
    }
    #expect(cells() == [[0], [10, 13], [9, 11], [], [10, 11], [6]])
    _ = vector.step([3])
    #expect(cells() == [[0, 10, 13], [], [9, 11], [], [10, 11], [6]])
    _ = vector.step([1])
    #expect(cells() == [[1, 10, 13], [], [9, 11], [], [10, 11], [6]])
    #expect(vector.observation().allSatisfy { $0 == 0 || $0 == 1 })
  }

  @Test(
    "egocentric planes show the cells that the symbols show",
    arguments: [GridLayout.unlock, .fourRooms, .lavaGap(size: 7)])
  func egocentricPlanes(_ layout: GridLayout) {
    for seed in 0..<20 as Range<UInt64> {
      let planes = vector(layout, GridView(.planes, .egocentric), seed: seed)
      let symbols = vector(layout, GridView(.symbolic, .egocentric), seed: seed)
      let raw = symbols.observationSpace.rawValues(of: symbols.observation().span)!
      let observation = planes.observation()
      let count = planes.observationSpace.channels
      for row in 0..<7 {
        for column in 0..<7 {
          let object = raw[3 * (7 * column + row)]
          let cell = observation[(7 * row + column) * count..<(7 * row + column + 1) * count]
          for (channel, code) in [0, 2, 9, 8].enumerated() {
            #expect((cell[cell.startIndex + channel] == 1) == (object == code))
          }
        }
      }
    }
  }

  @Test("all tiles differ in gray, from the least size on", arguments: [4, 5, 6, 9, 12, 24])
  func tiles(_ size: Int) {
    var seen: [[UInt8]: Int] = [:]
    for tile in 0..<GridTile.count {
      if tile < GridCell.codeCount {
        guard let object = GridCell.Object(rawValue: UInt8(tile & 15)) else { continue }
        let cell = GridCell(code: UInt8(tile))
        guard object.isColored || [.unseen, .empty, .wall, .goal, .lava].contains(cell) else { continue }
      }
      var picture = Picture(width: size, height: size)
      GridTile.draw(tile, size: size, into: &picture)
      let gray = picture.pixels.map(\.luma)
      #expect(seen[gray] == nil, "tile \(tile) looks like tile \(seen[gray] ?? -1)")
      seen[gray] = tile
    }
  }

  @Test("pixels show the tiles of the cells", arguments: [GridView.Form.pixels42, .pixels84])
  func pixels(_ form: GridView.Form) throws {
    let size = form.pixels!
    let map = try GridMap(rows: ["###", ">aG"], moves: .turning)
    let vector = vector(.map(map), GridView(form, .whole))
    #expect(vector.observationSpace == BoxSpace(height: size, width: size, channels: 1, rawMaxima: [255]))
    let tile = size / 3
    let frame = vector.observation()
    var expected = [Float](repeating: 0, count: size * size)
    let tiles = [
      GridTile.index(of: .wall), GridTile.index(of: .wall), GridTile.index(of: .wall),
      GridTile.index(ofAgentFacing: .right, carrying: .empty), GridTile.index(of: GridCell(.key, .red)),
      GridTile.index(of: .goal),
    ]
    let top = (size - 2 * tile) / 2
    for (index, drawn) in tiles.enumerated() {
      var picture = Picture(width: tile, height: tile)
      GridTile.draw(drawn, size: tile, into: &picture)
      for y in 0..<tile {
        for x in 0..<tile {
          expected[(top + index / 3 * tile + y) * size + index % 3 * tile + x] =
            Float(picture[y, x].luma) / 255
        }
      }
    }
    #expect(frame == expected)
    let picture = vector.picture(0)
    #expect(picture.width == 3 * 24 && picture.height == 2 * 24)
    #expect(Set(picture.pixels).count > 5)
  }

  @Test("egocentric pixels have the agent at the lower edge, looking up")
  func egocentricPixels() throws {
    var vector = vector(.map(try GridMap(rows: [">G"], moves: .turning)), GridView(.pixels42, .egocentric))
    func tile(_ row: Int, _ column: Int) -> [Float] {
      let frame = vector.observation()
      return (0..<36).map { frame[(6 * row + $0 / 6) * 42 + 6 * column + $0 % 6] }
    }
    func drawn(_ tile: Int) -> [Float] {
      var picture = Picture(width: 6, height: 6)
      GridTile.draw(tile, size: 6, into: &picture)
      return picture.pixels.map { Float($0.luma) / 255 }
    }
    #expect(tile(6, 3) == drawn(GridTile.index(ofAgentFacing: .up, carrying: .empty)))
    #expect(tile(5, 3) == drawn(GridTile.index(of: .goal)))
    #expect(tile(6, 2) == drawn(GridTile.index(of: .wall)))
    #expect(tile(0, 0) == drawn(GridTile.index(of: .unseen)))
    _ = vector.step([1])
    #expect(tile(6, 2) == drawn(GridTile.index(of: .goal)))
  }
}

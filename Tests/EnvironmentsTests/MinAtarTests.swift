import RandomStreams
import TestSupport
import Testing

@testable import Environments

/// The rules as the pages of the games tell them; that they are the package's, ``ParityTests`` compare.
@Suite("MinAtar games")
struct MinAtarTests {
  /// A game that is played with known draws.
  struct Play<Game: MinAtarGame> {
    var game: Game
    var draws: ScriptedDraws

    init(_ type: Game.Type = Game.self, _ draws: ScriptedDraws = ScriptedDraws()) {
      game = Game(rampsDifficulty: true)
      self.draws = draws
      game.reset(using: &self.draws)
    }

    /// Takes the same action a number of times; all but the last must not end the episode.
    @discardableResult
    mutating func step(_ action: MinAtarAction, times: Int = 1) -> Outcome {
      for _ in 1..<times { #expect(game.step(action, using: &draws).ending == nil) }
      return game.step(action, using: &draws)
    }

    /// Row and column of each thing of a channel.
    func places(_ channel: Game.Channel) -> Set<[Int]> {
      var places: Set<[Int]> = []
      game.forEachThing { if $0.rawValue == channel.rawValue { places.insert([$1 / 10, $1 % 10]) } }
      return places
    }
  }

  @Test("Breakout: a ball that is missed falls")
  func fall() {
    var play = Play(Breakout.self)
    #expect(play.places(.ball) == [[3, 0]] && play.places(.trail) == [[3, 0]])
    #expect(play.places(.paddle) == [[9, 4]])
    #expect(play.places(.brick).count == 30)
    #expect(play.step(.noOperation) == Outcome(reward: 0))
    #expect(play.places(.ball) == [[4, 1]] && play.places(.trail) == [[3, 0]])
    #expect(play.step(.fire, times: 5) == Outcome(reward: 0, ending: .terminated))
    #expect(play.places(.ball) == [[9, 6]] && play.places(.trail) == [[8, 5]])
  }

  @Test("Breakout: the paddle, a wall and a brick send the ball back")
  func bounces() {
    var play = Play(Breakout.self)
    play.step(.right)
    play.step(.noOperation, times: 5)
    // From column 5, where the paddle is, to 6.
    #expect(play.places(.ball) == [[8, 6]])
    play.step(.noOperation, times: 3)
    #expect(play.places(.ball) == [[5, 9]])
    play.step(.noOperation)
    #expect(play.places(.ball) == [[4, 9]])
    #expect(play.step(.noOperation) == Outcome(reward: 1))
    #expect(play.places(.ball) == [[4, 8]])
    #expect(play.places(.brick).count == 29 && !play.places(.brick).contains([3, 8]))
    play.step(.noOperation)
    #expect(play.places(.ball) == [[5, 7]])
  }

  @Test("Breakout: a paddle ahead of the ball turns it around; the other start is mirrored")
  func turns() {
    var play = Play(Breakout.self, ScriptedDraws(indices: [1]))
    #expect(play.places(.ball) == [[3, 9]])
    play.step(.left)
    play.step(.noOperation, times: 5)
    // From column 4 to 3, where the paddle is.
    #expect(play.places(.ball) == [[8, 3]])
    play.step(.noOperation)
    #expect(play.places(.ball) == [[7, 4]])
  }

  @Test("Asterix: gold is collected, in the lane and from the side that are drawn")
  func gold() {
    var play = Play(Asterix.self, ScriptedDraws(uniforms: [0.49, 0.33], indices: [4]))
    play.step(.left, times: 3)
    play.step(.noOperation, times: 7)
    #expect(play.places(.gold).isEmpty)
    // It comes with the eleventh step, in which all move.
    play.step(.noOperation)
    #expect(play.places(.gold) == [[5, 1]] && play.places(.trail) == [[5, 0]])
    #expect(play.places(.player) == [[5, 2]] && play.places(.enemy).isEmpty)
    #expect(play.step(.noOperation, times: 5) == Outcome(reward: 1))
    #expect(play.places(.gold).isEmpty)
  }

  @Test("Asterix: an enemy is the end, and the player stays in the lanes")
  func enemy() {
    var play = Play(Asterix.self, ScriptedDraws(uniforms: [0.5, 0.34], indices: [7]))
    play.step(.down, times: 5)
    #expect(play.places(.player) == [[8, 5]])
    play.step(.right, times: 6)
    #expect(play.places(.enemy) == [[8, 8]] && play.places(.player) == [[8, 9]])
    #expect(play.step(.left) == Outcome(reward: 0, ending: .terminated))
    var other = Play(Asterix.self)
    other.step(.up, times: 9)
    #expect(other.places(.player) == [[1, 5]])
  }

  @Test("Freeway: the chicken walks every third step, and cars send it back")
  func hit() {
    var play = Play(Freeway.self, ScriptedDraws(uniforms: [0.51]))
    #expect(play.places(.car) == Set((1...8).map { [$0, 0] }))
    #expect(play.places(.speed1) == Set((1...8).map { [$0, 9] }))
    play.step(.up, times: 4)
    #expect(play.places(.chicken) == [[8, 4]])
    play.step(.up, times: 3)
    #expect(play.places(.chicken) == [[7, 4]])
    #expect(play.places(.car) == Set((1...8).map { [$0, 3] }))
    play.step(.up)
    #expect(play.places(.chicken) == [[9, 4]])
  }

  @Test("Freeway: at the top the chicken is rewarded and all speeds are drawn anew")
  func arrival() {
    // The slowest cars drive left: they come to column 4 with their sixth move, in step 36.
    let draws = ScriptedDraws(
      uniforms: Array(repeating: 0.5, count: 8) + [0.9], indices: Array(repeating: 4, count: 8) + [2])
    var play = Play(Freeway.self, draws)
    #expect(play.places(.speed5) == Set((1...8).map { [$0, 1] }))
    play.step(.up, times: 27)
    #expect(play.places(.chicken) == [[1, 4]])
    #expect(play.step(.up) == Outcome(reward: 1))
    #expect(play.places(.chicken) == [[9, 4]])
    #expect(play.places(.speed3).count == 8 && play.places(.speed5).isEmpty)
  }

  @Test("Freeway: an episode is cut off after 2,501 steps")
  func time() throws {
    for id in ["freeway-v1", "freeway-minimal-v1"] {
      var vector = try repositoryCatalog().definition(for: id).makeVector(count: 1)
      vector.reset(0, seed: 6)
      for _ in 1..<2501 { try #require(vector.step([0])[0].ending == nil) }
      #expect(vector.step([0])[0] == Outcome(reward: 0, ending: .truncated))
    }
  }

  @Test("Seaquest: below the surface the air gets less, until there is none")
  func air() {
    var play = Play(Seaquest.self, ScriptedDraws(uniforms: [0.9], indices: [7]))
    #expect(play.places(.front) == [[0, 5]] && play.places(.back) == [[0, 6]])
    play.step(.noOperation, times: 10)
    #expect(play.places(.oxygen) == Set((0..<10).map { [9, $0] }))
    play.step(.down)
    #expect(play.places(.oxygen).count == 9)
    play.step(.noOperation, times: 199)
    #expect(play.places(.oxygen).isEmpty)
    #expect(play.step(.noOperation).ending == .terminated)
  }

  @Test("Seaquest: who comes up without a diver loses")
  func surface() {
    var play = Play(Seaquest.self)
    play.step(.down)
    #expect(play.step(.up) == Outcome(reward: 0, ending: .terminated))
  }

  @Test("Seaquest: a bullet flies a cell a step and hits a fish")
  func shot() {
    var play = Play(Seaquest.self, ScriptedDraws(uniforms: [0.9], indices: [7]))
    play.step(.down, times: 9)
    play.step(.right)
    #expect(play.places(.front) == [[8, 6]] && play.places(.back) == [[8, 5]])
    play.step(.noOperation, times: 10)
    #expect(play.places(.fish).isEmpty)
    play.step(.fire)
    #expect(play.places(.bullet) == [[8, 7]] && play.places(.fish) == [[8, 9]])
    #expect(play.places(.trail).isEmpty, "behind it is no board")
    play.step(.fire)
    #expect(play.places(.bullet) == [[8, 8]])
    #expect(play.step(.noOperation) == Outcome(reward: 1))
    #expect(play.places(.bullet).isEmpty && play.places(.fish).isEmpty)
  }

  @Test("Seaquest: a diver on board pays for the air")
  func diver() {
    var play = Play(Seaquest.self, ScriptedDraws(uniforms: [0.9], indices: [0, 7]))
    play.step(.down, times: 8)
    play.step(.right, times: 22)
    #expect(play.places(.front) == [[8, 9]] && play.places(.diversOnBoard).isEmpty)
    play.step(.noOperation)
    #expect(play.places(.diversOnBoard) == [[9, 8]] && play.places(.diver).isEmpty)
    #expect(play.step(.up, times: 8) == Outcome(reward: 0))
    #expect(play.places(.oxygen).count == 10 && play.places(.diversOnBoard).isEmpty)
  }

  @Test("Space Invaders: the first bullet takes six steps to the swarm")
  func swarm() {
    var play = Play(SpaceInvaders.self)
    #expect(play.places(.alien).count == 24 && play.places(.alien) == play.places(.alienMovingLeft))
    play.step(.fire)
    #expect(play.places(.bullet) == [[8, 5]])
    #expect(play.step(.fire, times: 5) == Outcome(reward: 1))
    // The second shot was allowed with the sixth step.
    #expect(play.places(.bullet) == [[8, 5]])
    #expect(play.places(.alien).count == 23 && !play.places(.alien).contains([3, 5]))
    play.step(.noOperation, times: 6)
    #expect(play.places(.alien).contains([0, 7]))
    play.step(.noOperation)
    #expect(play.places(.alien).contains([0, 1]) && !play.places(.alien).contains([0, 7]))
  }

  @Test("Space Invaders: the closest alien's bullet is the end of a cannon that waits")
  func hitByAlien() {
    var play = Play(SpaceInvaders.self)
    play.step(.right, times: 10)
    play.step(.left)
    // The cannon is in column 8; the closest column with aliens is 7.
    #expect(play.places(.cannon) == [[9, 8]] && play.places(.alienBullet) == [[3, 7]])
    play.step(.left)
    #expect(play.step(.noOperation, times: 5) == Outcome(reward: 0, ending: .terminated))
  }

  @Test("the minimal actions are the named ones")
  func actions() throws {
    let catalog = try repositoryCatalog()
    let all = ["no-op", "left", "up", "right", "down", "fire"]
    let minimal = [
      "breakout": ["no-op", "left", "right"], "asterix": ["no-op", "left", "up", "right", "down"],
      "freeway": ["no-op", "up", "down"], "seaquest": all,
      "space-invaders": ["no-op", "left", "right", "fire"],
    ]
    for (game, actions) in minimal {
      #expect(try catalog.definition(for: "\(game)-v1").actions == all)
      #expect(try catalog.definition(for: "\(game)-minimal-v1").actions == actions)
    }
  }

  @Test("no two tiles of a game look alike in gray, nor like the black between them")
  func tiles() {
    func grays<Game: MinAtarGame>(_: Game.Type) -> [Int] {
      Game.Channel.allCases.map { Int(Game.tile($0).color.luma) }
    }
    for grays in [
      grays(Breakout.self), grays(Asterix.self), grays(Freeway.self), grays(Seaquest.self),
      grays(SpaceInvaders.self),
    ] {
      let sorted = ([0] + grays).sorted()
      #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 >= 18 }, "\(sorted)")
    }
  }

  @Test("pixels show the highest channel of each cell", arguments: [(42, 4, 1), (84, 8, 2)])
  func pixels(_ size: Int, _ tile: Int, _ margin: Int) {
    var game = MinAtar<Breakout>(view: size == 42 ? .smallPixels : .largePixels)
    var random = MersenneTwister(seed: 2)
    game.reset(using: &random)
    _ = game.step(0, using: &random)
    #expect(game.observationSpace == BoxSpace(height: size, width: size, channels: 1, rawMaxima: [255]))
    var frame = [Float](repeating: .nan, count: size * size)
    var span = frame.mutableSpan
    game.observe(into: &span)

    let picture = game.picture()
    for row in 0..<size {
      for column in 0..<size {
        let (y, x) = (row - margin, column - margin)
        let isOnBoard = (0..<10 * tile).contains(y) && (0..<10 * tile).contains(x)
        // The picture has tiles of 16 pixels; the middle of each pixel of the frame is within one of its pixels.
        let scale = 16 / tile
        let gray =
          isOnBoard ? picture[y * scale + scale / 2, x * scale + scale / 2].luma : 0
        #expect(frame[row * size + column] == Float(gray) / 255)
      }
    }
    // Where the ball came from, in row 3, is a brick.
    for column in [0, 9] {
      let middle = (margin + 3 * tile + tile / 2) * size + margin + column * tile + tile / 2
      #expect(frame[middle] == Float(Breakout.tile(.brick).color.luma) / 255)
    }
  }

  @Test("planes are where the things are", arguments: [0, 1, 2] as [UInt64])
  func planes(_ seed: UInt64) {
    var game = MinAtar<SpaceInvaders>(actions: .minimal)
    var random = MersenneTwister(seed: seed)
    game.reset(using: &random)
    for step in 0..<15 { _ = game.step(step % 4, using: &random) }
    var expected = [Float](repeating: 0, count: 600)
    game.game.forEachThing { expected[6 * $1 + $0.rawValue] = 1 }
    var frame = [Float](repeating: .nan, count: 600)
    var span = frame.mutableSpan
    game.observe(into: &span)
    #expect(frame == expected)
    #expect(frame.contains(1))
  }

  @Test("an episode that has ended must be reset")
  func ended() async {
    await #expect(processExitsWith: .failure) {
      var game = MinAtar<Breakout>()
      var random = MersenneTwister(seed: 0)
      game.reset(using: &random)
      for _ in 0..<7 { _ = game.step(0, using: &random) }
    }
  }
}

@Suite("Fixed-size state")
struct FixedSizeStateTests {
  @Test("boards are equal if their elements are")
  func boards() {
    var board = Board<5, Int>(repeating: 3)
    let other = board
    board[4] = 1
    #expect(board != other && other == Board<5, Int>(repeating: 3))
    board[4] = 3
    #expect(board == other && board.hashValue == other.hashValue)
    #expect(board.indices == 0..<5)
  }

  @Test("a bounded list is an array, but for its bound")
  func lists() {
    var list = BoundedList<4, Int>(filler: 0)
    var array: [Int] = []
    for element in [3, 1, 3, 7] {
      list.append(element)
      array.append(element)
    }
    #expect(list.indices.map { list[$0] } == array)
    list.remove(at: 1)
    #expect(list.indices.map { list[$0] } == [3, 3, 7])
    #expect(list.removeFirst(equalToThatAt: 1) == 0)
    #expect(list.indices.map { list[$0] } == [3, 7])
    #expect(list.removeFirst(equalToThatAt: 1) == nil)
    #expect(list.firstIndex { $0 == 7 } == nil && list.firstIndex { $0 == 3 } == 0)
    var other = BoundedList<4, Int>(filler: 9)
    other.append(3)
    #expect(list == other && list.hashValue == other.hashValue)
  }

  @Test("a set of cells moves as its cells do")
  func cells() {
    var random = RandomStream(seed: 1)
    for _ in 0..<200 {
      var set = CellSet()
      var cells: Set<[Int]> = []
      for _ in 0..<20 {
        let (row, column) = (random.index(below: 10), 1 + random.index(below: 8))
        set.insert(row: row, column: column)
        cells.insert([row, column])
      }
      func list(_ set: CellSet) -> Set<[Int]> {
        var list: Set<[Int]> = []
        set.forEach { list.insert([$0 / 10, $0 % 10]) }
        return list
      }
      #expect(list(set) == cells && set.count == cells.count)
      #expect(list(set.movedUp) == Set(cells.filter { $0[0] > 0 }.map { [$0[0] - 1, $0[1]] }))
      #expect(list(set.movedDown) == Set(cells.filter { $0[0] < 9 }.map { [$0[0] + 1, $0[1]] }))
      #expect(list(set.rotatedDown) == Set(cells.map { [($0[0] + 1) % 10, $0[1]] }))
      #expect(list(set.moved(columns: 1)) == Set(cells.map { [$0[0], $0[1] + 1] }))
      #expect(list(set.moved(columns: -1)) == Set(cells.map { [$0[0], $0[1] - 1] }))
      #expect(list(set.row(9)) == cells.filter { $0[0] == 9 })
      #expect(list(set.column(8)) == cells.filter { $0[1] == 8 })
      #expect(set.lowestRow == cells.map { $0[0] }.max())
    }
    #expect(CellSet().lowestRow == nil && CellSet().isEmpty)
  }
}

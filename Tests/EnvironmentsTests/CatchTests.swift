import Environments
import RandomStreams
import TestSupport
import Testing

@Suite("Catch")
struct CatchTests {
  @Test("a ball falls into a drawn column, and the frame shows it", arguments: 0..<20 as Range<UInt64>)
  func rules(_ seed: UInt64) {
    var vector = EnvironmentVector(
      id: "catch", Catch(rows: 4, columns: 5), rules: EpisodeRules(timeLimit: 1000), count: 1)
    vector.reset(0, seed: seed)
    var random = RandomStream(seed: seed)
    let ball = random.index(below: 5)
    func board(row: Int, paddle: Int) -> [Float] {
      (0..<20).map { $0 == 5 * row + ball || $0 == 15 + paddle ? 1 : 0 }
    }
    #expect(vector.observation() == board(row: 0, paddle: 2))
    #expect(vector.step([0]) == [Outcome(reward: 0)])
    #expect(vector.observation() == board(row: 1, paddle: 1))
    #expect(vector.step([1]) == [Outcome(reward: 0)])
    #expect(vector.observation() == board(row: 2, paddle: 1))
    #expect(vector.step([0]) == [Outcome(reward: ball == 0 ? 1 : -1, ending: .terminated)])
    #expect(vector.observation() == board(row: 3, paddle: 0))
  }

  @Test("the paddle stops at the walls", arguments: [(0, 0), (2, 2)])
  func walls(_ action: Int, _ column: Int) {
    var game = Catch(rows: 9, columns: 3)
    var random = RandomStream(seed: 0)
    game.reset(using: &random)
    for _ in 0..<7 { #expect(game.step(action, using: &random).ending == nil) }
    var frame = Array(repeating: Float.nan, count: 27)
    var span = frame.mutableSpan
    game.observe(into: &span)
    #expect(frame[24...].enumerated().allSatisfy { $0.element == ($0.offset == column ? 1 : 0) })
  }

  @Test("a cell is a square of pixels")
  func pixels() {
    var small = EnvironmentVector(
      id: "catch", Catch(rows: 3, columns: 4), rules: EpisodeRules(timeLimit: 1000), count: 1)
    var large = EnvironmentVector(
      id: "catch", Catch(rows: 3, columns: 4, pixelsPerCell: 3), rules: EpisodeRules(timeLimit: 1000),
      count: 1)
    small.reset(0, seed: 8)
    large.reset(0, seed: 8)
    let cells = small.observation()
    let pixels = large.observation()
    #expect(large.observationSpace == BoxSpace(height: 9, width: 12, channels: 1, rawMaxima: [255]))
    for row in 0..<9 {
      for column in 0..<12 {
        #expect(pixels[12 * row + column] == cells[4 * (row / 3) + column / 3])
      }
    }
  }

  @Test(
    "going to the ball always catches it, chance rarely",
    arguments: ["catch-v1", "catch-20-v1", "catch-42-v1", "catch-84-v1"])
  func policies(_ id: String) throws {
    let definition = try repositoryCatalog().definition(for: id)
    var vector = definition.makeVector(count: 1)
    let width = vector.observationSpace.width
    var random = RandomStream(seed: 0)
    var returns: [Float] = []
    for seed in 0..<600 as Range<UInt64> {
      let seeks = seed % 2 == 0
      vector.reset(0, seed: seed)
      var outcome = Outcome(reward: 0)
      while outcome.ending == nil {
        let frame = vector.observation()
        let ball = frame.firstIndex(of: 1)! % width
        let paddle = frame[(frame.count - width)...].firstIndex(of: 1)! % width
        outcome = vector.step([seeks ? 1 + (ball - paddle).signum() : random.index(below: 3)])[0]
      }
      #expect(outcome.ending == .terminated)
      if seeks { #expect(outcome.reward == 1) } else { returns.append(outcome.reward) }
    }
    // A ball in one of 10, 14 or 21 columns: hit about that often by a paddle that does not look.
    let mean = returns.reduce(0, +) / Float(returns.count)
    #expect(-0.98 < mean && mean < -0.65)
  }
}

import Environments
import RandomStreams
import Testing

@Suite("Pong")
struct PongTests {
  private func vector(size: Int = 84, repeating actions: Int = 1) -> EnvironmentVector<Pong> {
    EnvironmentVector(
      id: "pong", Pong(size: size), rules: EpisodeRules(timeLimit: 100_000, actionRepeat: actions), count: 1)
  }

  /// The rows that a gray level covers in the columns of a side, first and last.
  private func rows(_ frame: [Float], columns: Range<Int>, where matches: (Float) -> Bool) -> [Int] {
    (2..<82).filter { row in columns.contains { matches(frame[row * 84 + $0]) } }
  }

  /// The middle of the agent's paddle and of the ball, in rows; nil where the ball is out of sight.
  private func positions(_ frame: [Float]) -> (paddle: Double, ball: (row: Double, column: Double)?) {
    let paddle = rows(frame, columns: 76..<78) { $0 > 0.1 && $0 < 0.81 }
    var (weight, row, column) = (0.0, 0.0, 0.0)
    for y in 2..<82 {
      for x in 9..<75 where frame[y * 84 + x] > 0 {
        let gray = Double(frame[y * 84 + x])
        (weight, row, column) = (weight + gray, row + gray * Double(y), column + gray * Double(x))
      }
    }
    let middle = paddle.isEmpty ? 42 : Double(paddle.first! + paddle.last!) / 2
    return (middle, weight > 0 ? (row / weight, column / weight) : nil)
  }

  @Test("the paddle moves 1.5 pixels a frame and stops at the walls")
  func paddle() {
    var vector = vector()
    vector.reset(0, seed: 1)
    let start = positions(vector.observation()).paddle
    _ = vector.step([1])
    _ = vector.step([1])
    #expect(positions(vector.observation()).paddle == start - 3)
    _ = vector.step([2])
    _ = vector.step([2])
    _ = vector.step([0])
    #expect(positions(vector.observation()).paddle == start)
    for _ in 0..<60 { _ = vector.step([1]) }
    #expect(rows(vector.observation(), columns: 76..<78) { $0 == Float(204) / 255 } == Array(2..<12))
    for _ in 0..<60 { _ = vector.step([2]) }
    #expect(rows(vector.observation(), columns: 76..<78) { $0 == Float(204) / 255 } == Array(72..<82))
  }

  @Test("an agent that follows the ball beats the opponent; one that stands still loses by many points")
  func following() {
    var vector = vector(repeating: 4)
    var results: [Double] = []
    for follows in [true, false] {
      var total = 0.0
      for seed in 0..<3 as Range<UInt64> {
        vector.reset(0, seed: seed)
        var outcome = Outcome(reward: 0)
        while outcome.ending == nil {
          let (paddle, ball) = positions(vector.observation())
          var action = 0
          if follows, let ball {
            // With its tip, so that the ball goes back at a slope.
            let target = ball.row + (ball.row < 42 ? 3 : -3)
            action = target < paddle - 2 ? 1 : target > paddle + 2 ? 2 : 0
          }
          outcome = vector.step([action])[0]
          total += Double(outcome.reward)
          #expect(outcome.ending != .truncated)
        }
      }
      results.append(total / 3)
    }
    #expect(results[0] > 10, "\(results)")
    #expect(results[1] < -15, "\(results)")
  }

  @Test("a game is over at 21 points, every point worth 1")
  func score() {
    var vector = vector(repeating: 4)
    var random = RandomStream(seed: 5)
    for seed in 0..<5 as Range<UInt64> {
      vector.reset(0, seed: seed)
      var (won, lost) = (0, 0)
      var outcome = Outcome(reward: 0)
      while outcome.ending == nil {
        outcome = vector.step([random.index(below: 3)])[0]
        #expect([-1, 0, 1].contains(outcome.reward))
        if outcome.reward > 0 { won += 1 }
        if outcome.reward < 0 { lost += 1 }
      }
      #expect(outcome.ending == .terminated)
      #expect(max(won, lost) == 21 && min(won, lost) < 21)
    }
  }

  @Test("the small screen is the large one, averaged over squares of four pixels")
  func screens() {
    var (large, small) = (vector(size: 84), vector(size: 42))
    large.reset(0, seed: 2)
    small.reset(0, seed: 2)
    for step in 0..<300 {
      let action = step / 20 % 3
      #expect(large.step([action]) == small.step([action]))
      let (fine, coarse) = (large.observation(), small.observation())
      var greatest: Float = 0
      for row in 0..<42 {
        for column in 0..<42 {
          let first = 2 * row * 84 + 2 * column
          let mean = (fine[first] + fine[first + 1] + fine[first + 84] + fine[first + 85]) / 4
          greatest = max(greatest, abs(mean - coarse[row * 42 + column]))
        }
      }
      // Each is rounded to k/255; where the ball covers a part of a wall's or paddle's pixel, the brighter part shows.
      #expect(greatest < 0.51)
      let difference = zip(0..<42 * 42, coarse).reduce(Float(0)) { $0 + $1.1 } - fine.reduce(0, +) / 4
      #expect(abs(difference) < 3)
    }
  }

  @Test("the ball keeps its speed between hits, and the walls mirror it")
  func flight() {
    var vector = vector()
    var crossed = 0
    for seed in 0..<20 as Range<UInt64> {
      vector.reset(0, seed: seed)
      var columns: [Double] = []
      for _ in 0..<25 {
        if let ball = positions(vector.observation()).ball { columns.append(ball.column) }
        _ = vector.step([0])
      }
      let steps = zip(columns.dropFirst(), columns).map { $0 - $1 }
      // The serve goes 1 pixel a frame; gray levels locate the ball to a hundredth of a pixel.
      #expect(steps.prefix(20).allSatisfy { abs(abs($0) - 1) < 0.02 })
      if steps[0] > 0 { crossed += 1 }
    }
    #expect((3...17).contains(crossed), "serves go both ways")
  }
}

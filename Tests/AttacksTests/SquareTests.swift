@testable import Attacks
import Policies
import RandomStreams
import Tensors
import Testing

/// The moves of the Square Attack, apart from any victim.
@Suite struct SquareTests {
  /// η of the paper's equation 2 for a side of 3, by hand: left a column of one, right two columns.
  @Test func theShapeIsThePapers() {
    var random = RandomStream(seed: 1)
    // n = 1: 1/4 at distance 1 from the middle, 1/4 + 1 at the middle; the middle of one column is itself, of two the second.
    let lying: [Float] = [
      0.25, -0.25, -0.25,
      1.25, -0.25, -1.25,
      0.25, -0.25, -0.25,
    ]
    let norm = lying.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let standing = (0..<9).map { lying[$0 % 3 * 3 + $0 / 3] }
    var seen: Set<[Float]> = []
    for _ in 0..<20 {
      let shape = MovedSquares.shape(side: 3, .l2, using: &random)
      let expected = abs(shape[1] - lying[1] / norm) < 1e-6 ? lying : standing
      for (own, value) in zip(shape, expected) { #expect(abs(own - value / norm) < 1e-6) }
      seen.insert(shape)
    }
    #expect(seen.count == 2)
    let sum = MovedSquares.shape(side: 5, .l1, using: &random).reduce(0) { $0 + abs($1) }
    #expect(abs(sum - 1) < 1e-5)
  }

  /// Where the range does not bind, all of the budget is spent from the start, and never more.
  @Test(arguments: [ThreatModel.Norm.l2, .l1])
  func squaresSpendTheBudgetAndNoMore(_ norm: ThreatModel.Norm) throws {
    let center = Tensor(repeating: 0.5, shape: [2, 9, 7, 6])
    for region in [Region.all, .rectangle(top: 2, left: 1, height: 5, width: 4)] {
      let threat = ThreatModel(norm: norm, epsilon: Epsilon(0.3), frames: .newest, region: region)
      let space = try Neighborhood(of: center, under: threat, frameChannels: 2)
      let canvas = SquareCanvas(of: space)
      #expect((canvas.height, canvas.width) == (region == .all ? (9, 7) : (5, 4)))
      #expect(canvas.channels == 2)
      var (point, random) = (center, RandomStream(seed: 3))
      for move in 0..<50 {
        var changes = SquareChanges(of: point, on: canvas, within: space)
        changes.observation = 1
        if move == 0 {
          MovedSquares().start(&changes, using: &random)
        } else {
          MovedSquares().next(&changes, side: Float(7 - move / 10), using: &random)
        }
        point = changes.points
        #expect(point.rows(at: [0]) == center.rows(at: [0]))
        #expect(space.masked(point - center) == point - center)
        let size = space.sizes(of: point)[1]
        #expect(size <= 0.3 * 1.0001)
        if move < 2 || region == .all { #expect(size > 0.3 * 0.9) }
      }
    }
  }

  /// A square that would set nothing anew is turned around, so that no question is asked twice.
  @Test func everySquareSetsSomethingAnew() throws {
    // On black pixels −ε is nothing.
    let center = Tensor(repeating: 0, shape: [1, 6, 6, 1])
    let threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
    let space = try Neighborhood(of: center, under: threat, frameChannels: 1)
    var random = streams(1)
    var policy = try network([.flatten, .dense(outputs: 2, activation: .identity)], input: [6, 6, 1])
    policy.network.parameters = [.zeros([36, 2]), Tensor([1, 0])]
    let victim = WatchedPolicy(policy)
    let clean = CleanPass(of: center, through: victim, knowledge: .scores)
    var recipe = Square()
    (recipe.queries, recipe.p) = (30, 0.03)
    _ = recipe.perturb(clean, of: victim, meeting: ActionChange(from: [0]), within: space, using: &random)
    let seen = victim.asked
    #expect(seen.count == 32)
    // Nothing is ever kept but the start: all others differ from it.
    for tried in seen.dropFirst(2) { #expect(tried != seen[1]) }
  }
}

import Policies
import RandomStreams
import Tensors

/// The Square Attack (Andriushchenko et al. 2020, algorithm 1; under the L1 norm Croce & Hein 2021, "Mind the box", section 5):
/// changes of random squares, each kept where the margin grows or the criterion is met.
///
///     max       squares are set to x ± ε, a sign a channel, from stripes of ±ε, one pixel wide (algorithm 2)
///     l2, l1    squares take budget from one another, from a tiling of squares (algorithm 3): see ``MovedSquares``
///
/// The squares' share of the frame starts at p and halves after 0.1, 0.5, 2, 5, 10, 20, 40, 60 and 80 percent of the queries
/// (the paper's schedule for 10,000, stretched as the authors do). With a region the frame is the smallest rectangle around it.
///
/// Access: scores. Cost: 2 + n forward passes, fewer where it flips early.
///
/// Deviations:
/// 1. An observation keeps what raises the margin of the criterion, targeted or not.
/// 2. What is tried is projected exactly, where the authors clip to the range (and scale first).
/// 3. A square that would set nothing anew gets the opposite signs (the authors draw again).
/// 4. p is 0.8, as in AutoAttack; the authors' own is 0.05 under the max norm and 0.1 under L2.
/// 5. Under L1 a square's hills are those of L2, Σ 1/k² (the authors' code for L1 has 1/k⁴).
public struct Square: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "square", "random squares that are kept where they help", needs: .scores, cost: "up to 2 + n forward")

  /// What can be set.
  public static let parameters: [Parameter<Square>] = [
    .whole("queries", \.queries, in: 1...10_000_000, "the number n of squares that are tried"),
    .number("p", \.p, in: 1e-6...1, "the first squares' share of the frame"),
    .earlyStop(\.stopsEarly),
  ]

  /// How many squares are tried.
  public var queries = 500
  /// The first squares' share of the frame.
  public var p: Float = 0.8
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = true

  /// Five hundred squares.
  public init() {}

  /// The share of the frame after some of the queries.
  private func share(after query: Int) -> Float {
    let reached = Double(query) / Double(queries) * 10_000
    let halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].count { reached > Double($0) }
    return p / Float(1 << halvings)
  }

  /// Square after square.
  public func perturb(
    _ clean: CleanPass, of victim: any ScoringPolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    let canvas = SquareCanvas(of: neighborhood)
    let moves: any SquareMoves = neighborhood.threat.norm == .max ? SetSquares() : MovedSquares()
    func moved(
      _ point: Tensor, by change: (_ changes: inout SquareChanges, _ random: inout RandomStream) -> Void
    ) -> Tensor {
      var changes = SquareChanges(of: point, on: canvas, within: open.neighborhood)
      for row in 0..<open.count {
        changes.observation = row
        change(&changes, &open.streams[row])
      }
      return open.neighborhood.project(changes.points)
    }
    var point = moved(clean.observations) { moves.start(&$0, using: &$1) }
    var finished = point
    var (losses, isMet) = judge(point, victim, &open)
    for query in 0...queries {
      finished.replaceRows(at: open.places, with: point)
      let rest = stopsEarly ? isMet.indices.filter { !isMet[$0] } : Array(isMet.indices)
      if rest.isEmpty || query == queries { break }
      if rest.count < open.count {
        open.keep(rest)
        (point, losses, isMet) = (point.rows(at: rest), rest.map { losses[$0] }, rest.map { isMet[$0] })
      }
      let side = (share(after: query) * Float(canvas.height * canvas.width)).squareRoot()
      let tried = moved(point) { moves.next(&$0, side: side, using: &$1) }
      let (new, met) = judge(tried, victim, &open)
      let better = met.indices.filter {
        met[$0] && !isMet[$0] || (met[$0] == isMet[$0] && new[$0] > losses[$0])
      }
      point.replaceRows(at: better, with: tried.rows(at: better))
      for row in better { (losses[row], isMet[row]) = (new[row], met[row]) }
    }
    return finished
  }

  private func judge(
    _ point: Tensor, _ victim: any ScoringPolicy, _ open: inout OpenRows
  ) -> ([Float], [Bool]) {
    let response = open.clean.response(of: victim, at: point, for: open.criterion, using: &open.streams)
    return (open.criterion.loss(of: response, as: .margin).elements, open.criterion.isMet(by: response))
  }
}

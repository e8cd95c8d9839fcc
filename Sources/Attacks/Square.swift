import Policies
import RandomStreams
import Tensors

/// The Square Attack under the max norm (Andriushchenko et al. 2020, algorithms 1 and 2): squares of random size and place are set to
/// ±ε, and kept where the margin gets no smaller.
///
/// The search starts from stripes of ±ε, one pixel wide. The squares' share of the frame starts at p and halves after
/// 0.1, 0.5, 2, 5, 10, 20, 40, 60 and 80 percent of the queries (the paper's schedule for 10,000, stretched as the authors
/// do).
///
/// Access: scores. Cost: 1 + n forward passes, fewer where it flips early.
///
/// Deviations:
/// 1. An observation keeps what raises the margin of the criterion, targeted or not.
/// 2. Under the L2 and L1 norm what is found is projected: the paper's L2 variant is not here.
public struct Square: AttackRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "square", "random squares that are kept where they help", needs: .scores, norms: [.max],
    cost: "up to 1 + n forward")

  /// What can be set.
  public static let parameters: [AttackParameter<Square>] = [
    .whole("queries", \.queries, in: 1...10_000_000, "the number n of squares that are tried"),
    .number("share", \.share, in: 1e-6...1, "the first squares' share p of the frame"),
    .flag("early-stop", \.stopsEarly, "whether an observation that is flipped is left as it is"),
  ]

  /// How many squares are tried.
  public var queries = 500
  /// The first squares' share of the frame.
  public var share: Float = 0.8
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = true

  /// Five hundred squares.
  public init() {}

  /// The share of the frame after some of the queries.
  private func share(after query: Int) -> Float {
    let reached = Double(query) / Double(queries) * 10_000
    let halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000].count { reached > Double($0) }
    return share / Float(1 << halvings)
  }

  /// Square after square.
  public func perturb(
    _ clean: CleanPass, of victim: any ScoringPolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var (clean, criterion, neighborhood, streams) = (clean, criterion, neighborhood, random)
    var open = Array(0..<clean.count)
    var point = neighborhood.project(stripes(neighborhood, using: &streams))
    var finished = point
    var (losses, isMet) = judge(point, clean, victim, criterion, using: &streams)
    for query in 0...queries {
      finished.replaceRows(at: open, with: point)
      for (row, place) in open.enumerated() { random[place] = streams[row] }
      let rest = stopsEarly ? isMet.indices.filter { !isMet[$0] } : Array(isMet.indices)
      if rest.isEmpty || query == queries { break }
      if rest.count < open.count {
        (open, streams) = (rest.map { open[$0] }, rest.map { streams[$0] })
        (clean, criterion, neighborhood) = (
          clean.rows(at: rest), criterion.rows(at: rest), neighborhood.rows(at: rest)
        )
        (point, losses, isMet) = (point.rows(at: rest), rest.map { losses[$0] }, rest.map { isMet[$0] })
      }
      let tried = neighborhood.project(
        withSquares(point, share: share(after: query), neighborhood, using: &streams))
      let (new, met) = judge(tried, clean, victim, criterion, using: &streams)
      let better = open.indices.filter {
        met[$0] && !isMet[$0] || (met[$0] == isMet[$0] && new[$0] > losses[$0])
      }
      point.replaceRows(at: better, with: tried.rows(at: better))
      for row in better { (losses[row], isMet[row]) = (new[row], met[row]) }
    }
    return finished
  }

  private func judge(
    _ point: Tensor, _ clean: CleanPass, _ victim: any ScoringPolicy, _ criterion: any Criterion,
    using random: inout [RandomStream]
  ) -> ([Float], [Bool]) {
    let response = clean.response(of: victim, at: point, for: criterion, using: &random)
    return (criterion.loss(of: response, as: .margin).elements, criterion.isMet(by: response))
  }

  private func stripes(_ neighborhood: Neighborhood, using random: inout [RandomStream]) -> Tensor {
    let (width, depth) = (neighborhood.center.shape[2], neighborhood.center.shape[3])
    var point = neighborhood.center
    point.withMutableElements { point in
      for row in 0..<neighborhood.count {
        let signs = (0..<(width * depth)).map { _ in random[row].chance(0.5) }
        for entry in 0..<neighborhood.length {
          let budget = neighborhood.budgets[row]
          point[row * neighborhood.length + entry] += signs[entry % (width * depth)] ? budget : -budget
        }
      }
    }
    return point
  }

  /// The point with a new square in each observation, one sign a channel.
  private func withSquares(
    _ point: Tensor, share: Float, _ neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let shape = point.shape
    let (height, width, depth) = (shape[1], shape[2], shape[3])
    let side = min(max(Int((share * Float(height * width)).squareRoot().rounded()), 1), min(height, width))
    var result = point
    result.withMutableElements { result in
      neighborhood.center.withElements { center in
        for row in 0..<neighborhood.count {
          let (top, left) = (
            random[row].index(below: height - side + 1), random[row].index(below: width - side + 1)
          )
          for channel in 0..<depth {
            let change = random[row].chance(0.5) ? neighborhood.budgets[row] : -neighborhood.budgets[row]
            for pixelRow in top..<(top + side) {
              for column in left..<(left + side) {
                let index = row * neighborhood.length + (pixelRow * width + column) * depth + channel
                result[index] = center[index] + change
              }
            }
          }
        }
      }
    }
    return result
  }
}

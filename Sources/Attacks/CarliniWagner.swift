import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// Carlini & Wagner's L2 attack (2017, "Towards Evaluating the Robustness of Neural Networks", section VI.A): the smallest
/// perturbation that meets the criterion, then held to the budget.
///
///     minimize over w  ‖x′ − x‖₂² + c · max(−margin(x′), −κ)        x′ = low + (high − low) · (sin w + 1)/2
///
/// by Adam, with c found by bisection for each observation.
///
/// Access: gradients. Cost: searches · n forward and backward passes, and eleven forward passes.
///
/// Deviations:
/// 1. Fewer steps than the authors' 10,000 in each of fewer searches, with a larger rate that falls to zero in each; set more
///    where time allows.
/// 2. Where nothing is found that meets the criterion, the last point of the last search, held to the budget.
/// 3. Entries that may not change have no w.
/// 4. A sine instead of tanh, whose slope is a millionth where an entry is at the range's bound, as most of a drawn picture are:
///    from there no step leads anywhere.
/// 5. A constant suffices where the criterion is met in the second half of its search; what is met before counts, too, if it is the
///    nearest. Searches go on from where the last one ended.
/// 6. What is found is drawn back toward the clean observation as far as it still meets the criterion (ten bisections).
/// 7. Beside a wish for a lower value the margin is the sum of both losses, and what is found not the smallest change that flips.
public struct CarliniWagner: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "cw", "Carlini–Wagner: the smallest L2 change that flips, held to the budget", needs: .weights,
    norms: [.l2],
    cost: "11 + s·n forward, s·n backward")

  /// What can be set.
  public static let parameters: [Parameter<CarliniWagner>] = [
    .whole("steps", \.steps, in: 1...100_000, "the steps n of a search"),
    .whole("searches", \.searches, in: 1...100, "the number s of constants that are tried"),
    .number("rate", \.rate, in: 1e-6...10, "Adam's first rate, in units of w"),
    .number("constant", \.constant, in: 1e-10...1e10, "the first constant c"),
    .number("confidence", \.confidence, in: 0...1000, "the margin κ by which the clean action has to lose"),
  ]

  /// The steps of a search.
  public var steps = 100
  /// The constants that are tried.
  public var searches = 5
  /// Adam's rate.
  public var rate: Float = 0.015
  /// The first constant.
  public var constant: Float = 0.01
  /// By how much the clean action has to lose.
  public var confidence: Float = 0

  /// Five searches of a hundred steps.
  public init() {}

  /// The smallest that was found.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let origin = clean.observations
    let sines = Sines(neighborhood.threat.range)
    let ball = Neighborhood.euclidean(like: neighborhood)
    var constants = (0..<clean.count).map { _ in Constant(value: constant) }
    var smallest = Smallest(points: origin, sizes: Array(repeating: .infinity, count: clean.count))
    var parameters = [sines.angles(of: origin)]
    for _ in 0..<searches {
      var optimizer = Optimizer(Adam())
      var isFound = [Bool](repeating: false, count: clean.count)
      var point = origin
      for step in 0..<steps {
        let angles = parameters[0]
        point = neighborhood.replacingFixed(in: sines.points(at: angles))
        let ascent = clean.ascent(of: victim, at: point, raising: criterion, as: .margin, using: &random)
        let margins = ascent.losses.elements
        // The hinge is flat where the margin exceeds the confidence.
        let isEnough = zip(criterion.isMet(by: ascent.response), margins).map { $0 && $1 >= confidence }
        smallest.note(point, of: ball.sizes(of: point), where: isEnough)
        // The first steps, all of one length, cross a near boundary without the constant's help.
        if step >= steps / 2 { for row in isEnough.indices where isEnough[row] { isFound[row] = true } }
        let weights = zip(constants, isEnough).map { $1 ? 0 : $0.value }
        let gradient = (point - origin) * 2 - ascent.gradient.scaledRows(by: weights)
        let along = neighborhood.masked(gradient * sines.slopes(at: angles))
        optimizer.update(&parameters, along: [along], learningRate: rate * (1 - Float(step) / Float(steps)))
      }
      for row in constants.indices { constants[row].learn(isFound: isFound[row]) }
      smallest.replaceLost(by: point)
    }
    var best = smallest.points
    var found = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    found.keep(smallest.sizes.indices.filter { smallest.sizes[$0] < .infinity })
    guard !found.isEmpty else { return best }
    best.replaceRows(at: found.places, with: drawnBack(best.rows(at: found.places), victim, &found))
    random = found.batchStreams
    return best
  }

  /// The constant c of an observation: ten times as large until something is found, then halfway between one that found
  /// nothing and one that did.
  private struct Constant {
    var value: Float
    private var low: Float = 0
    private var high = Float.infinity
    /// That of the authors' code. Beyond it Adam's squares overflow.
    private static let largest: Float = 1e10

    init(value: Float) { self.value = value }

    mutating func learn(isFound: Bool) {
      if isFound { high = value } else { low = value }
      value = high.isFinite ? (low + high) / 2 : min(value * 10, Self.largest)
    }
  }

  /// For each observation the nearest point so far that is far enough over the boundary.
  private struct Smallest {
    var points: Tensor
    /// Infinite where there is none.
    var sizes: [Float]

    mutating func note(_ point: Tensor, of sizes: [Float], where isEnough: [Bool]) {
      let better = isEnough.indices.filter { isEnough[$0] && sizes[$0] < self.sizes[$0] }
      points.replaceRows(at: better, with: point.rows(at: better))
      for row in better { self.sizes[row] = sizes[row] }
    }

    /// Where nothing was found stands what came of the search.
    mutating func replaceLost(by point: Tensor) {
      let lost = sizes.indices.filter { sizes[$0] == .infinity }
      points.replaceRows(at: lost, with: point.rows(at: lost))
    }
  }

  /// Points as sines of angles, which keeps them in the range: x = low + span·(sin w + 1)/2.
  private struct Sines {
    let low: Float
    let span: Float

    init(_ range: ClosedRange<Float>) {
      (low, span) = (range.lowerBound, range.upperBound - range.lowerBound)
    }

    func angles(of points: Tensor) -> Tensor {
      // Short of the bounds, where the sine is flat.
      Tensor(
        points.elements.map { Foundation.asin(min(max(2 * ($0 - low) / span - 1, -1), 1) * (1 - 1e-6)) },
        shape: points.shape)
    }

    func points(at angles: Tensor) -> Tensor {
      Tensor(angles.elements.map { (Foundation.sin($0) + 1) / 2 }, shape: angles.shape) * span + low
    }

    func slopes(at angles: Tensor) -> Tensor {
      Tensor(angles.elements.map { Foundation.cos($0) * span / 2 }, shape: angles.shape)
    }
  }

  /// The nearest points on the lines from points that meet the criterion to the clean observations that meet it, too.
  private func drawnBack(
    _ found: Tensor, _ victim: any DifferentiablePolicy, _ open: inout OpenRows
  ) -> Tensor {
    let origin = open.clean.observations
    let change = found - origin
    let shares = bisected(
      from: Array(repeating: 0, count: open.count), to: Array(repeating: 1, count: open.count), halvings: 10
    ) { shares in
      let point = origin + change.scaledRows(by: shares)
      let response = open.clean.response(of: victim, at: point, for: open.criterion, using: &open.streams)
      let margins = open.criterion.loss(of: response, as: .margin).elements
      return zip(open.criterion.isMet(by: response), margins).map { $0 && $1 >= confidence }
    }
    var best = found
    let nearer = shares.indices.filter { shares[$0] < 1 }
    best.replaceRows(at: nearer, with: (origin + change.scaledRows(by: shares)).rows(at: nearer))
    return best
  }
}

import Policies
import RandomStreams
import Tensors

/// Steps along the slope that the margin has at the boundary between actions, and not at the observation: around what it was
/// trained on a hardened policy may be so flat that slopes there lead nowhere.
///
/// From a point far away (drawn as ``HopSkipJump`` draws its own, but once, whether it meets the criterion or not), again and
/// again: bisection toward the observation up to the boundary b; the margin's gradient g there; two candidates; and the next
/// point, farther along g.
///
///     x + ε · steepest(g)      project(project(b) + ε/2 · steepest(g))      next: x + kε · steepest(g),  k = 4r, 4(r − 1), …, 4
///
/// An observation is finished with the first candidate that meets the criterion; one that none does gets the last of the first kind.
/// The gradient at the boundary is that of Brendel et al. 2019, "Accurate, reliable and fast robustness evaluation"; they follow the
/// boundary to its nearest point, where these steps look for any within the budget.
///
/// Access: gradients. Cost: one forward pass, and in each of r rounds of a start 15 forward passes and one backward pass.
public struct BoundarySteps: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "boundary", "steps along the slope at the boundary, found from afar", needs: .weights,
    cost: "1 + 15·r forward, r backward a start")

  /// What can be set.
  public static let parameters: [Parameter<BoundarySteps>] = [
    .restarts(\.restarts),
    .whole("rounds", \.rounds, in: 1...1000, "the number r of boundary points from one start"),
  ]

  /// The number of starts.
  public var restarts = 8
  /// The boundary points from one start.
  public var rounds = 5

  /// Eight starts of five rounds.
  public init() {}

  /// Candidates until one meets the criterion.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    var finished = clean.observations
    for start in 0..<restarts {
      var far = open.neighborhood.farPoints(atCorners: !start.isMultiple(of: 2), using: &open.streams)
      for round in 0..<rounds {
        let boundary = Self.boundary(toward: far, of: victim, &open)
        var slope = open.clean.ascent(
          of: victim, at: boundary, raising: open.criterion, as: .margin, using: &open.streams
        ).gradient
        let within = open.neighborhood
        far = within.inRange(
          within.step(from: within.center, along: slope, share: Float(4 * (rounds - round))))
        var near = within.project(within.step(from: within.project(boundary), along: slope, share: 0.5))
        for isLast in [false, true] {
          let center = open.neighborhood.center
          let candidate =
            isLast ? open.neighborhood.project(open.neighborhood.step(from: center, along: slope)) : near
          let isMet = open.criterion.isMet(
            by: open.clean.response(of: victim, at: candidate, for: open.criterion, using: &open.streams))
          finished.replaceRows(at: open.places, with: candidate)
          let rest = isMet.indices.filter { !isMet[$0] }
          if rest.isEmpty { return finished }
          guard rest.count < isMet.count else { continue }
          (far, near, slope) = (far.rows(at: rest), near.rows(at: rest), slope.rows(at: rest))
          open.keep(rest)
        }
      }
    }
    return finished
  }

  /// The nearest point on the way to another that meets the criterion, to a 4096th of the way; the other where none does.
  private static func boundary(
    toward far: Tensor, of victim: any DifferentiablePolicy, _ open: inout OpenRows
  ) -> Tensor {
    let center = open.neighborhood.center
    let way = far - center
    let shares = bisected(
      from: Array(repeating: 0, count: open.count), to: Array(repeating: 1, count: open.count), halvings: 12
    ) { shares in
      let point = center + way.scaledRows(by: shares)
      return open.criterion.isMet(
        by: open.clean.response(of: victim, at: point, for: open.criterion, using: &open.streams))
    }
    return open.neighborhood.inRange(center + way.scaledRows(by: shares))
  }
}

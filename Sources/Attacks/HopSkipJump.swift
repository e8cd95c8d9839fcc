import Foundation
import Policies
import RandomStreams
import Tensors

/// HopSkipJump (Chen, Jordan & Wainwright 2020, algorithm 2): along the boundary between actions, from actions alone.
///
/// From an observation that meets the criterion, found by noise, again and again: bisection toward the clean one up to the
/// boundary; the direction across it, estimated from `samples`·√t points around; a step along it that is halved until the criterion
/// is met.
///
///     direction = mean of (φ(x + δu) − mean φ)·u,  φ = ±1 where met or not      δ = ‖xₜ₋₁ − x‖ / d      step = ‖xₜ₋₁ − x‖ / √t
///
/// The nearest point found is delivered, held to the budget. Under the max norm distances are largest differences and
/// steps signs, as in the paper; under L1 as under L2.
///
/// Access: actions. Cost: `attempts` at most for the first point, then for each of n iterations samples·√t and about twenty
/// forward passes.
///
/// Deviations:
/// 1. Fewer iterations than the authors' 64, of fewer samples than 100; set more where time allows.
/// 2. The nearest point of all is delivered, where the authors' code delivers the last.
/// 3. An observation within the budget is finished, unless `early-stop` is off.
/// 4. A first point is drawn uniformly from the range as by the authors, and in turn from its corners, which lie farther apart:
///    a policy may do the same on all uniform noise. Where no draw meets the criterion the observation stays clean.
/// 5. Of a policy that draws its actions an answer is the most frequent of the expectation's draws. Few err, and bisection follows
///    each error toward the clean observation: it takes a hundred or more.
public struct HopSkipJump: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "hopskipjump", "along the boundary between actions, from actions alone", needs: .actions,
    norms: [.l2, .max], cost: "up to attempts + n·(samples·√n + 20) forward")

  /// What can be set.
  public static let parameters: [Parameter<HopSkipJump>] = [
    .whole("iterations", \.iterations, in: 1...100_000, "the number of iterations n"),
    .whole("samples", \.samples, in: 2...1_000_000, "points for the first direction"),
    .whole("attempts", \.attempts, in: 1...1_000_000, "draws for a first point, at most"),
    .flag("early-stop", \.stopsEarly, "whether an observation that is flipped within the budget is finished"),
  ]

  /// The number of iterations.
  public var iterations = 10
  /// Points for the first direction.
  public var samples = 30
  /// Draws for a first point, at most.
  public var attempts = 1000
  /// Whether an observation within the budget is finished.
  public var stopsEarly = true

  /// Ten iterations.
  public init() {}

  /// The nearest point that was found.
  public func perturb(
    _ clean: CleanPass, of victim: any Policy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var search = Search(
      open: OpenRows(clean, meeting: criterion, within: neighborhood, using: random), victim: victim,
      point: clean.observations, nearest: clean.observations,
      nearestSizes: Array(repeating: .infinity, count: clean.count))
    defer { random = search.open.batchStreams }
    var finished = clean.observations
    search.findStart(attempts: attempts)
    for iteration in 1...iterations {
      search.approach()
      if stopsEarly { search.finishWithinBudget(&finished) }
      if search.open.isEmpty { break }
      search.step(
        iteration: iteration, samples: Int((Double(samples) * Double(iteration).squareRoot()).rounded()))
    }
    if !search.open.isEmpty {
      search.approach()
      search.finish(&finished)
    }
    return finished
  }

  /// The observations that are still worked on.
  private struct Search {
    var open: OpenRows
    let victim: any Policy
    /// A point of each that meets the criterion.
    var point: Tensor
    /// The nearest such point so far: a step along the boundary may lead away.
    var nearest: Tensor
    /// How far that is, in the threat model's norm.
    var nearestSizes: [Float]

    var neighborhood: Neighborhood { open.neighborhood }
    var isMax: Bool { neighborhood.threat.norm == .max }

    /// - Parameter isExact: whether the very observations are asked about, and not what 8 bits leave of them.
    mutating func isMet(by observations: Tensor, isExact: Bool = false) -> [Bool] {
      let clean = isExact ? open.clean.unrounded : open.clean
      return open.criterion.isMet(by: clean.actions(of: victim, at: observations, using: &open.streams))
        ?? Array(repeating: false, count: open.count)
    }

    mutating func keep(_ rows: [Int]) {
      guard rows.count < open.count else { return }
      open.keep(rows)
      (point, nearest) = (point.rows(at: rows), nearest.rows(at: rows))
      nearestSizes = rows.map { nearestSizes[$0] }
    }

    /// Uniform noise over the range, or its corners, until the criterion is met; observations that it never is stay behind.
    mutating func findStart(attempts: Int) {
      var isFound = [Bool](repeating: false, count: open.count)
      // Each draws from its own stream; one that is found draws no more and is not asked again.
      for attempt in 0..<attempts {
        let rest = isFound.indices.filter { !isFound[$0] }
        if rest.isEmpty { break }
        var part = self
        part.keep(rest)
        let noise = part.neighborhood.farPoints(
          atCorners: !attempt.isMultiple(of: 2), using: &part.open.streams)
        let met = part.isMet(by: noise)
        for (row, place) in rest.enumerated() { open.streams[place] = part.open.streams[row] }
        let found = rest.indices.filter { met[$0] }
        point.replaceRows(at: found.map { rest[$0] }, with: noise.rows(at: found))
        for row in found { isFound[rest[row]] = true }
      }
      keep(isFound.indices.filter { isFound[$0] })
    }

    /// Bisection between the clean observation and the point: along the line, or, under the max norm, over the size of the
    /// largest change.
    mutating func approach() {
      guard !open.isEmpty else { return }
      let center = neighborhood.center
      let largest = sizes(of: point)
      let ends = isMax ? largest : [Float](repeating: 1, count: open.count)
      let start = point
      func blend(_ shares: [Float]) -> Tensor {
        let change = start - center
        guard isMax else { return center + change.scaledRows(by: shares) }
        let limits = Tensor(repeating: 1, shape: change.shape).scaledRows(by: shares)
        return center + maximum(minimum(change, limits), -limits)
      }
      // To the paper's θ, a share of d^(−3/2) of the way, d^(−2) under the max norm, beside which the points around are far
      // apart; Float32 ends it.
      let dimension = Float(max(neighborhood.freeEntries.count, 2))
      let shares = bisected(
        from: [Float](repeating: 0, count: open.count), to: ends,
        halvings: min(Int(((isMax ? 2 : 1.5) * log2(dimension)).rounded(.up)), 22)
      ) { isMet(by: blend($0)) }
      let moved = shares.indices.filter { shares[$0] < ends[$0] }
      point.replaceRows(at: moved, with: blend(shares).rows(at: moved))
      let sizes = neighborhood.sizes(of: point)
      let nearer = sizes.indices.filter { sizes[$0] < nearestSizes[$0] }
      nearest.replaceRows(at: nearer, with: point.rows(at: nearer))
      for row in nearer { nearestSizes[row] = sizes[row] }
    }

    /// Largest differences under the max norm, L2 distances otherwise.
    func sizes(of observations: Tensor) -> [Float] {
      isMax
        ? neighborhood.sizes(of: observations)
        : Neighborhood.euclidean(like: neighborhood).sizes(of: observations)
    }

    func finish(_ finished: inout Tensor) { finished.replaceRows(at: open.places, with: nearest) }

    mutating func finishWithinBudget(_ finished: inout Tensor) {
      finish(&finished)
      keep(nearestSizes.indices.filter { nearestSizes[$0] > neighborhood.budgets[$0] })
    }

    /// A step across the boundary and along it.
    mutating func step(iteration: Int, samples: Int) {
      let distances = sizes(of: point)
      let dimension = Float(max(neighborhood.freeEntries.count, 1))
      // θ = d^(−3/2) under L2 and d^(−2) under the max norm, δ = √d·θ·distance and d·θ·distance: both distance/d.
      let deltas = distances.map { max($0 / dimension, 1e-6) }
      let direction = estimatedDirection(deltas: deltas, samples: samples)
      var lengths = distances.map { $0 / Float(iteration).squareRoot() }
      var waiting = Array(0..<open.count)
      // A step shorter than this is no step any more.
      for _ in 0..<20 where !waiting.isEmpty {
        let tried = neighborhood.inRange(
          point + direction.scaledRows(by: lengths))
        var part = self
        part.keep(waiting)
        let met = part.isMet(by: tried.rows(at: waiting))
        for (row, place) in waiting.enumerated() { open.streams[place] = part.open.streams[row] }
        let reached = waiting.indices.filter { met[$0] }.map { waiting[$0] }
        point.replaceRows(at: reached, with: tried.rows(at: reached))
        for row in waiting { lengths[row] /= 2 }
        waiting = waiting.indices.filter { !met[$0] }.map { waiting[$0] }
      }
    }

    /// Of length 1 in the norm's steps: a sign under the max norm, a unit vector otherwise.
    private mutating func estimatedDirection(deltas: [Float], samples: Int) -> Tensor {
      var (weighted, plain) = (Tensor.zeros(point.shape), Tensor.zeros(point.shape))
      var signs = [Float](repeating: 0, count: open.count)
      for _ in 0..<samples {
        let isMax = self.isMax
        let normals = neighborhood.drawn(using: &open.streams) {
          isMax ? $0.uniform(in: -1...1) : Float($0.normal())
        }
        let unit = normals.normalizedRows(in: .l2)
        let around = neighborhood.inRange(point + unit.scaledRows(by: deltas))
        // What the range leaves of the draw.
        let change = (around - point).scaledRows(by: deltas.map { 1 / $0 })
        let met = isMet(by: around, isExact: true).map { $0 ? Float(1) : -1 }
        weighted = weighted + change.scaledRows(by: met)
        plain = plain + change
        signs = zip(signs, met).map(+)
      }
      // With all signs equal the mean says nothing: then the draws themselves, toward or away.
      let means = signs.map { abs($0) == Float(samples) ? 0 : $0 / Float(samples) }
      let estimate = weighted - plain.scaledRows(by: means)
      return isMax ? estimate.sign() : estimate.normalizedRows(in: .l2)
    }
  }
}

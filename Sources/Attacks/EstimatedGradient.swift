import Policies
import RandomStreams
import Tensors

/// A gradient from scores alone, by differences between points on both sides of where it is wanted:
///
///     g ≈ mean over u of (loss(x + σ·u) − loss(x − σ·u)) / 2σ · u
///
/// Unbiased up to σ² for any u whose entries are independent with mean 0 and variance 1. 2·samples forward passes.
struct EstimatedGradient {
  let samples: Int
  /// σ, in the units of an observation scaled to [0, 1].
  let size: Float
  let loss: ScoreLoss
  let draw: @Sendable (inout RandomStream) -> Float

  func gradient(
    _ clean: CleanPass, of victim: any ScoringPolicy, at point: Tensor, raising criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let (clean, range) = (clean.unrounded, neighborhood.threat.range)
    let step = size * (range.upperBound - range.lowerBound)
    var total = Tensor.zeros(point.shape)
    for _ in 0..<samples {
      let direction = neighborhood.drawn(using: &random, draw)
      let losses = [step, -step].map { step in
        let response = clean.response(
          of: victim, at: point + direction * step, for: criterion, using: &random)
        return criterion.loss(of: response, as: loss)
      }
      total = total + direction * neighborhood.rowScales((losses[0] - losses[1]).elements)
    }
    return total * (1 / (2 * step * Float(samples)))
  }
}

/// Projected ascent along estimated gradients; an observation that meets the criterion is finished.
struct EstimatedClimb<Rule: ClimbRule> {
  let steps: Int
  let estimate: EstimatedGradient
  let rule: Rule

  func perturb(
    _ clean: CleanPass, of victim: any ScoringPolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var (rule, open) = (rule, OpenRows(clean, meeting: criterion, within: neighborhood, using: random))
    defer { random = open.batchStreams }
    var (point, finished) = (clean.observations, clean.observations)
    for step in 0..<steps {
      let gradient = estimate.gradient(
        open.clean, of: victim, at: point, raising: open.criterion, within: open.neighborhood,
        using: &open.streams)
      point = open.neighborhood.project(rule.next(from: point, along: gradient, within: open.neighborhood))
      finished.replaceRows(at: open.places, with: point)
      guard step < steps - 1 else { break }
      let isMet = open.criterion.isMet(
        by: open.clean.response(of: victim, at: point, for: open.criterion, using: &open.streams))
      if isMet.contains(true) {
        let rest = isMet.indices.filter { !isMet[$0] }
        if rest.isEmpty { break }
        open.keep(rest)
        rule.keep(rest)
        point = point.rows(at: rest)
      }
    }
    return finished
  }
}

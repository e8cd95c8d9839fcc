import Policies
import RandomStreams
import Tensors

/// Projected ascent: what the iterated gradient attacks have in common.
///
///     x ← project(next(x, ∇ₓ loss(scores(x))))        `steps` times
struct Climb<Rule: ClimbRule> {
  let steps: Int
  let loss: ScoreLoss
  /// Whether an observation that meets the criterion is left as it is.
  let stopsEarly: Bool
  let rule: Rule

  /// Climbs from given points; nil for the clean ones.
  func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, from start: Tensor? = nil,
    meeting criterion: any Criterion, within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var (rule, open) = (rule, OpenRows(clean, meeting: criterion, within: neighborhood, using: random))
    defer { random = open.batchStreams }
    var point = start ?? clean.observations
    var finished = point
    for step in 0..<steps {
      let isClean = step == 0 && start == nil
      let ascent = open.clean.ascent(
        of: victim, at: isClean ? nil : point, raising: open.criterion, as: loss, using: &open.streams)
      var gradient = ascent.gradient
      if stopsEarly {
        let isMet = open.criterion.isMet(by: ascent.response)
        if isMet.contains(true) {
          finished.replaceRows(at: open.places, with: point)
          let rest = isMet.indices.filter { !isMet[$0] }
          if rest.isEmpty { return finished }
          open.keep(rest)
          rule.keep(rest)
          (point, gradient) = (point.rows(at: rest), gradient.rows(at: rest))
        }
      }
      point = open.neighborhood.pulledIn(rule.next(from: point, along: gradient, within: open.neighborhood))
    }
    if open.count == finished.shape[0] { return point }
    finished.replaceRows(at: open.places, with: point)
    return finished
  }
}

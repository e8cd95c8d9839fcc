import Policies
import RandomStreams
import Tensors

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

import Policies
import RandomStreams
import Tensors

/// The strongest of several attacks on each observation: of those that meet the criterion the first, else the one with the
/// largest loss (as AutoAttack combines its parts; Croce & Hein 2020, section 5).
///
/// An attack that comes later works only on observations where none before has met the criterion. Where actions alone are known,
/// the first that meets it, else the last.
struct Strongest: Attack {
  let attacks: [any Attack]
  let victim: any Policy
  /// The victim, where what it is offered is judged by its scores.
  private let judge: (any ScoringPolicy)?

  /// - Parameter knowledge: what may be known of the victim.
  init(of attacks: [any Attack], against victim: any Policy, knowing knowledge: Knowledge) {
    (self.attacks, self.victim) = (attacks, victim)
    judge = knowledge >= .scores ? victim as? any ScoringPolicy : nil
  }

  /// It judges what it is offered: by scores where it may see them.
  var needs: Knowledge { max(attacks.map(\.needs).max() ?? .nothing, judge == nil ? .actions : .scores) }

  var learningPasses: Passes { attacks.map(\.learningPasses).reduce(Passes(), +) }

  func check(fits shape: Shape) throws(AttackError) {
    for attack in attacks { try attack.check(fits: shape) }
  }

  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor {
    var best = clean.observations
    var bestLosses = [Float](repeating: -.infinity, count: clean.count)
    var open = Array(0..<clean.count)
    for attack in attacks where !open.isEmpty {
      let isAll = open.count == clean.count
      let (pass, goal, space) =
        isAll
        ? (clean, criterion, neighborhood)
        : (clean.rows(at: open), criterion.rows(at: open), neighborhood.rows(at: open))
      var streams = open.map { random[$0] }
      let found = space.project(attack.perturb(pass, meeting: goal, within: space, using: &streams))
      let (losses, isMet) = judged(found, pass, goal, using: &streams)
      for (row, place) in open.enumerated() { random[place] = streams[row] }
      let better = open.indices.filter { isMet[$0] || losses[$0] > bestLosses[open[$0]] }
      best.replaceRows(at: better.map { open[$0] }, with: found.rows(at: better))
      for row in better { bestLosses[open[row]] = losses[row] }
      open = open.indices.filter { !isMet[$0] }.map { open[$0] }
    }
    return best
  }

  private func judged(
    _ found: Tensor, _ clean: CleanPass, _ criterion: any Criterion, using random: inout [RandomStream]
  ) -> (losses: [Float], isMet: [Bool]) {
    if let judge {
      let response = clean.response(of: judge, at: found, for: criterion, using: &random)
      return (
        criterion.loss(of: response, as: .margin).elements, criterion.isMet(by: response)
      )
    }
    let isMet = criterion.isMet(by: clean.actions(of: victim, at: found, using: &random))
    return (Array(repeating: 0, count: clean.count), isMet ?? Array(repeating: false, count: clean.count))
  }
}

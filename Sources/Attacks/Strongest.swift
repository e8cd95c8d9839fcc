import Policies
import RandomStreams
import Tensors

/// The strongest of several attacks on each observation: of those that meet the criterion the first, else the one with the
/// largest loss (as AutoAttack combines its parts; Croce & Hein 2020, section 5).
///
/// An attack that comes later works only on observations where none before has met the criterion. Where actions alone are known,
/// the first that meets it, else the first of all.
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
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    var best = clean.observations
    var bestLosses = [Float](repeating: -.infinity, count: clean.count)
    for attack in attacks where !open.isEmpty {
      let found = open.neighborhood.project(
        attack.perturb(open.clean, meeting: open.criterion, within: open.neighborhood, using: &open.streams))
      let (losses, isMet) = judged(found, &open)
      let better = isMet.indices.filter { isMet[$0] || losses[$0] > bestLosses[open.places[$0]] }
      best.replaceRows(at: better.map { open.places[$0] }, with: found.rows(at: better))
      for row in better { bestLosses[open.places[row]] = losses[row] }
      open.keep(isMet.indices.filter { !isMet[$0] })
    }
    return best
  }

  private func judged(_ found: Tensor, _ open: inout OpenRows) -> (losses: [Float], isMet: [Bool]) {
    if let judge {
      let response = open.clean.response(of: judge, at: found, for: open.criterion, using: &open.streams)
      return (open.criterion.loss(of: response, as: .margin).elements, open.criterion.isMet(by: response))
    }
    let actions = open.clean.actions(of: victim, at: found, using: &open.streams)
    let unknown = Array(repeating: false, count: open.count)
    return (Array(repeating: 0, count: open.count), open.criterion.isMet(by: actions) ?? unknown)
  }
}

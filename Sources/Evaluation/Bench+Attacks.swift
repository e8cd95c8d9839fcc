import Attacks
import Policies

/// The attacks that several checks compare, and what is left where there is none.
extension Bench {
  /// A copy of the policy, taught by its answers.
  func imitation() throws -> Imitation {
    try Imitation(
      of: policy, actions: panel.evaluation.environment.actions.count, on: sample, within: panel.threat,
      seed: seed, workers: workers, continuing: continuing)
  }

  /// One step of the size of epsilon.
  func singleStep() throws -> Trial {
    // What the range cuts off one entry is not lost: otherwise there is nothing to beat.
    try trial(panel.plan(panel.threat.norm == .l1 ? "fgsm:fill=yes" : "fgsm"))
  }

  /// The attack that sees scores alone.
  func search() throws -> AttackPlan { try AttackPlan("square:queries=\(panel.queries)") }

  /// What is left to say of a policy that admits no white-box attack.
  func withoutWhiteBox(because error: AttackError) throws -> [Check] {
    let noise = try trial(AttackPlan("noise:distribution=sign"), tries: panel.tries)
    let copied = try trial(panel.transferPlan(), searchingOn: panel.surrogate ?? imitation().policy)
    var figures: [Check.Figure] = [
      .share("noise", flipRate(of: noise)), .share("transfer", flipRate(of: copied)),
    ]
    if policy is any ScoringPolicy {
      figures.append(.share("square", flipRate(of: try trial(search()))))
    }
    return [
      Check(
        name: "a white-box attack", status: .red, figures: figures,
        sentence: "there is none: \(error.description)")
    ]
  }
}

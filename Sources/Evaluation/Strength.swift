import Attacks
import Episodes
import Policies

/// Whether the attack is as strong as everything that should be weaker, and no weaker than what it could be.
struct Strength: Sendable {
  /// The attack that is checked: PGD up both losses.
  let attack: Trial
  /// The share of frames that it flips.
  let flipRate: Double

  /// Attacks the frames.
  /// - Throws: `AttackError` when the policy admits no white-box attack.
  init(of plan: AttackPlan, on bench: Bench) throws {
    attack = try bench.trial(plan)
    flipRate = bench.flipRate(of: attack)
  }

  /// The checks, in the order in which they are shown.
  var stages: [(Bench) throws -> [Check]] {
    [
      fastGradient, way, convergence, noise, queries, decisions, eachTarget, boundary, transfer, growth,
      hugeEpsilon, delivery,
    ]
  }

  /// That nothing which should be weaker flips more.
  private func atLeast(
    _ weaker: Trial, _ name: String, called: String, further: [Check.Figure] = [], on bench: Bench,
    otherwise: String
  ) -> Check {
    let lead = bench.difference(weaker, minus: attack)
    let status = Check.Status(lead, above: Panel.margin)
    return Check(
      name: "pgd ≥ \(name)", status: status,
      figures: [
        .share("pgd", flipRate), .share(name, bench.flipRate(of: weaker)), lead.figure("lead of \(name)"),
      ] + further,
      sentence: status == .green
        ? "\(called) flips no more than pgd" : "\(called) flips more than pgd: \(otherwise)")
  }

  /// A single step, and parts of what it and the attack change: a policy may take large changes, or those of many entries, for
  /// what they are, and act on others.
  private func fastGradient(_ bench: Bench) throws -> [Check] {
    let step = try bench.singleStep()
    let check = atLeast(
      step, "fgsm", called: "a single step", on: bench, otherwise: "its steps or its loss are wrong")
    return [
      check,
      atLeast(
        try attack.parts(on: bench).or(step.parts(on: bench)), "smaller changes",
        called: "a part of what it or a single step changes", on: bench,
        otherwise: "the policy tells what attacks end at from smaller changes, and acts on those"),
    ]
  }

  /// What scores do on the way to where the attack has ended.
  private func way(_ bench: Bench) throws -> [Check] {
    // Through a transform that is taken for the identity no way is smooth, and that is told.
    guard !bench.panel.isStraightThrough, let policy = bench.policy as? any ScoringPolicy else { return [] }
    return try bench.ways(of: policy, to: attack) + bench.waysFromSurestFrames(of: policy)
  }

  private func convergence(_ bench: Bench) throws -> [Check] {
    let doubled = try bench.trial(bench.panel.plan(times: 2))
    let gain = bench.difference(doubled, minus: attack)
    let status = Check.Status(gain, above: Panel.margin)
    return [
      Check(
        name: "steps suffice", status: status,
        figures: [
          .share("pgd", flipRate), .share("doubled", bench.flipRate(of: doubled)), gain.figure("gain"),
        ],
        sentence: status == .green
          ? "twice the steps and twice the starts change nothing"
          : "twice the steps and twice the starts flip more: the attack has not converged, give it more")
    ]
  }

  private func noise(_ bench: Bench) throws -> [Check] {
    let tries = bench.panel.tries
    let noise = try bench.trial(AttackPlan("noise:distribution=sign"), tries: tries)
    return [
      atLeast(
        noise, "noise", called: "the best of \(tries) draws of noise", on: bench,
        otherwise: "its gradient leads nowhere")
    ]
  }

  private func queries(_ bench: Bench) throws -> [Check] {
    [
      atLeast(
        try bench.trial(bench.search()), "square", called: "a search without gradients", on: bench,
        otherwise: "the gradients are masked")
    ]
  }

  /// Scores can mislead where actions do not.
  private func decisions(_ bench: Bench) throws -> [Check] {
    let plan = AttackPlan(try AttackChoice("hopskipjump"), expectation: bench.panel.expectation)
    let trial: Trial
    // A policy that draws its actions decides nothing that could be asked about: "steady answers" says so.
    do { trial = try bench.trial(plan) } catch let error as AttackError where !error.isViolation { return [] }
    return [
      atLeast(
        trial, "hopskipjump", called: "a search that sees actions alone", on: bench,
        otherwise: "the gradients, or the scores themselves, mislead")
    ]
  }

  /// The losses lead to the action that is nearest, or to all at once; another may give in sooner.
  private func eachTarget(_ bench: Bench) throws -> [Check] {
    [
      atLeast(
        try bench.trial(bench.panel.plan("multitargeted:steps=\(bench.panel.steps)")), "multitargeted",
        called: "one action aimed at after the other", on: bench,
        otherwise:
          "its losses lead to other actions than those that can be reached; attack with multitargeted")
    ]
  }

  /// Slopes around a frame can mislead where those at the boundary do not.
  private func boundary(_ bench: Bench) throws -> [Check] {
    [
      atLeast(
        try bench.trial(bench.panel.plan("boundary")), "boundary",
        called: "a step along the slope at the boundary",
        on: bench, otherwise: "the slopes around the frames lead elsewhere")
    ]
  }

  private func transfer(_ bench: Bench) throws -> [Check] {
    var further: [Check.Figure] = []
    var surrogate = bench.panel.surrogate
    if surrogate == nil {
      let copy = try bench.imitation()
      surrogate = copy.policy
      further = [.share("agreement of the copy", copy.agreement)]
    }
    let plan = try bench.panel.transferPlan()
    let called =
      bench.panel.surrogate == nil ? "what is crafted on a copy" : "what is crafted on the second policy"
    return [
      atLeast(
        try bench.trial(plan, searchingOn: surrogate), "transfer", called: called, further: further,
        on: bench,
        otherwise: "the gradients are masked")
    ]
  }

  private func growth(_ bench: Bench) throws -> [Check] {
    let plan = try bench.panel.plan(times: 1)
    let epsilon = bench.panel.threat.epsilon
    let sizes = [0.25, 0.5, 1, 2].filter { (epsilon.value * $0).isFinite }.map {
      Epsilon(epsilon.numerator * Double($0), over: epsilon.denominator)
    }
    let trials = try sizes.map { $0 == epsilon ? attack : try bench.trial(plan, epsilon: $0) }
    let falls = zip(trials, trials.dropFirst()).map { bench.difference($0, minus: $1) }
    let status = falls.map { Check.Status($0, above: Panel.margin) }.max() ?? .green
    return [
      Check(
        name: "more epsilon, more flips", status: status,
        figures: zip(sizes, trials).map { .share("\($0)", bench.flipRate(of: $1)) },
        sentence: status == .green
          ? "the flips grow with epsilon" : "a larger epsilon gives fewer flips: the attack loses its way")
    ]
  }

  /// With everything allowed, nothing is robust: the return is no better than the random policy's.
  private func hugeEpsilon(_ bench: Bench) throws -> [Check] {
    let panel = bench.panel
    var threat = panel.threat
    threat.epsilon = threat.unbounded(entries: bench.sample.observations.count / bench.sample.count)
    (threat.region, threat.share) = (.all, 1)
    func played(_ policy: any Policy, _ opposition: Evaluation.Opposition?) throws -> Evaluation.Result {
      try panel.evaluation.run(
        policy, against: opposition, workers: bench.workers, continuing: { _ in bench.continuing() })
    }
    let random = try played(RandomPolicy(actions: panel.evaluation.environment.actions.count), nil)
    let clean = try played(bench.policy, nil)
    let huge = try played(bench.policy, .init(panel.ascent(steps: 10, restarts: 1), threat: threat))
    let worth = PairedDifference(clean.returns, minus: random.returns, seed: bench.seed)
    // Both are uncertain, and over the same episodes: what is left beyond a tenth of the worth.
    let tenths = zip(clean.returns, random.returns).map { 0.9 * $1 + 0.1 * $0 }
    let rest = PairedDifference(huge.returns, minus: tenths, seed: bench.seed)
    let isWorthless = !worth.isSurely(above: 0)
    let flips = huge.flipRate ?? 0
    // Where there is no return to lose, actions tell whether the attack gets anywhere.
    let isBlind = isWorthless && flips < 0.5
    let status = isBlind ? .red : isWorthless ? .amber : Check.Status(rest, above: 0)
    return [
      Check(
        name: "huge epsilon, random return", status: status,
        figures: [
          .number("clean", clean.mean), .number("random policy", random.mean),
          .number("epsilon \(threat.epsilon)", huge.mean), .share("flips", flips),
        ],
        sentence: isBlind
          ? "the policy earns no more than a random one and does the same whatever it sees: that is not robustness"
          : isWorthless
            ? "the policy earns no more than a random one: there is nothing to lose"
            : status == .green
              ? "with everything allowed the policy earns no more than a random one"
              : "with everything allowed the policy still earns more than a random one: the attack fails where it cannot"
      )
    ]
  }

  private func delivery(_ bench: Bench) throws -> [Check] {
    let unchanged = Bench.share(attack.isUnchanged)
    return [
      Check(
        name: "attacks are delivered", status: unchanged <= 0.01 ? .green : unchanged < 1 ? .amber : .red,
        figures: [.share("unchanged", unchanged)],
        sentence: unchanged <= 0.01
          ? "the attacked frames are other frames"
          : unchanged < 1
            ? "some attacked frames reach the policy as they were"
            : "all attacked frames reach the policy as they were: nothing was tested")
    ]
  }
}

extension PairedDifference {
  /// The mean with its interval.
  func figure(_ name: String) -> Check.Figure { .share(name, mean, interval: interval) }
}

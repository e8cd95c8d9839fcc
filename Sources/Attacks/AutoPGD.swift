import Policies
import RandomStreams
import Tensors

/// Auto-PGD (Croce & Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
/// attacks", algorithm 1): projected ascent with momentum whose step halves, observation by observation, when it does not get on.
///
///     z = project(xₖ + η · steepest(∇ₓ loss(xₖ)))      xₖ₊₁ = project(xₖ + α·(z − xₖ) + (1 − α)·(xₖ − xₖ₋₁))
///
/// with α = 0.75 and η = 2ε at first. At the checkpoints wⱼ = ⌈pⱼ·n⌉ (p₀ = 0, p₁ = 0.22, pⱼ₊₁ = pⱼ + max(pⱼ − pⱼ₋₁ − 0.03, 0.06))
/// η halves, and the search goes back to the best point, if fewer than 0.75 of the steps since the last raised the loss, or if
/// neither η nor the best loss has changed since. The losses of the paper are cross-entropy and the difference of logits
/// ratio, here defined for few actions, too: see ``ScoreLoss/ratio``.
///
/// Access: gradients. Cost: 1 + n + 1 forward and n + 1 backward passes for a start, fewer where it flips early.
///
/// Deviations:
/// 1. An observation that meets the criterion is finished; with `early-stop=no` the search goes on, and the last point that met it
///    is delivered, as by the authors' code (the paper delivers the largest loss).
/// 2. The norms are the max norm and L2; under L1 the steps are the steepest of that norm, not those of APGD-L1 (2021).
/// 3. Back at the best point the momentum starts from no displacement, so that the next step is 0.75·η (in the paper the
///    displacement is from the point before to the best one).
/// 4. A start is uniform in the ball (the authors' is as far from the observation as the budget allows).
/// 5. Fifty steps from one start by default, where AutoAttack takes a hundred from five.
public struct AutoPGD: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "apgd", "Auto-PGD: momentum, and steps that halve by themselves", needs: .weights, norms: [.max, .l2],
    cost: "up to 2 + n forward, 1 + n backward a start")

  /// What can be set.
  public static let parameters: [Parameter<AutoPGD>] = [
    .steps(\.steps),
    .restarts(\.restarts),
    .loss(\.loss),
    .earlyStop(\.stopsEarly),
  ]

  /// The number of steps.
  public var steps = 50
  /// The number of starts.
  public var restarts = 1
  /// What is climbed.
  public var loss = ScoreLoss.crossEntropy
  /// Whether an observation that meets the criterion is left as it is.
  public var stopsEarly = true

  /// Fifty steps up the cross-entropy.
  public init() {}

  private static let momentum: Float = 0.75
  private static let successes = 0.75

  /// One start, or the strongest of several.
  public func against(_ victim: any DifferentiablePolicy, learningFrom lesson: Lesson?) -> any Attack {
    starts(restarts, against: victim)
  }

  /// The steps at which the search looks back.
  static func checkpoints(steps: Int) -> [Int] {
    var (before, now) = (0.0, 0.22)
    var checkpoints: [Int] = []
    while now <= 1 {
      // A product such as 0.57 · 100 exceeds the whole number by rounding alone.
      checkpoints.append(Int((now * Double(steps) - 1e-9).rounded(.up)))
      (before, now) = (now, now + max(now - before - 0.03, 0.06))
    }
    return checkpoints
  }

  /// One observation's way.
  private struct Way {
    /// As a share of the budget.
    var step: Float = 2
    var last: Float
    var best: Float
    /// Steps since the last checkpoint that raised the loss.
    var raised = 0
    /// The step and the best loss at the last checkpoint.
    var before: (step: Float, best: Float)

    init(loss: Float) { (last, best, before) = (loss, loss, (2, loss)) }

    /// Takes a step's loss down.
    /// - Returns: whether it is the best so far.
    mutating func isImproved(by loss: Float) -> Bool {
      if loss > last { raised += 1 }
      last = loss
      guard loss > best else { return false }
      best = loss
      return true
    }

    /// Looks back at a checkpoint, so many steps after the one before: a way that is stuck goes on from its best point in
    /// steps of half the length.
    mutating func isStuck(after period: Int) -> Bool {
      let isStuck =
        Double(raised) < successes * Double(period) || (before.step == step && before.best >= best)
      (before, raised) = ((step, best), 0)
      if isStuck { (step, last) = (step / 2, best) }
      return isStuck
    }
  }

  /// The ways of the observations that are still searched, a row each.
  private struct Ways {
    private var ways: [Way] = []
    private(set) var point: Tensor
    private var previous: Tensor
    private(set) var best: Tensor
    private var gradient: Tensor
    private var bestGradient: Tensor

    init(from start: Tensor) {
      (point, previous, best) = (start, start, start)
      gradient = .zeros(start.shape)
      bestGradient = gradient
    }

    /// Takes down what was found at the points.
    mutating func note(_ ascent: CleanPass.Ascent) {
      let losses = ascent.losses.elements
      gradient = ascent.gradient
      if ways.isEmpty {
        ways = losses.map(Way.init(loss:))
        bestGradient = gradient
        return
      }
      let better = ways.indices.filter { ways[$0].isImproved(by: losses[$0]) }
      best.replaceRows(at: better, with: point.rows(at: better))
      bestGradient.replaceRows(at: better, with: gradient.rows(at: better))
    }

    /// Sends those that are stuck back to their best points.
    mutating func lookBack(after period: Int) {
      let stuck = ways.indices.filter { ways[$0].isStuck(after: period) }
      point.replaceRows(at: stuck, with: best.rows(at: stuck))
      previous.replaceRows(at: stuck, with: best.rows(at: stuck))
      gradient.replaceRows(at: stuck, with: bestGradient.rows(at: stuck))
    }

    /// Makes a step; the first has no displacement before it that it could keep a part of.
    mutating func move(within neighborhood: Neighborhood, isFirst: Bool) {
      let sizes = ways.indices.map { ways[$0].step * neighborhood.budgets[$0] }
      var next = neighborhood.project(neighborhood.step(from: point, along: gradient, sizes: sizes))
      if !isFirst {
        next = neighborhood.project(point + (next - point) * momentum + (point - previous) * (1 - momentum))
      }
      (previous, point) = (point, next)
    }

    /// Goes on with some of them, in the order of the indices.
    mutating func keep(_ rows: [Int]) {
      ways = rows.map { ways[$0] }
      (point, previous, best) = (point.rows(at: rows), previous.rows(at: rows), best.rows(at: rows))
      (gradient, bestGradient) = (gradient.rows(at: rows), bestGradient.rows(at: rows))
    }
  }

  /// Steps from one start.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var finished = neighborhood.randomPoints(using: &random)
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    var isFlipped = Array(repeating: false, count: clean.count)
    var ways = Ways(from: finished)
    let checkpoints = Self.checkpoints(steps: steps)
    var lastCheckpoint = 0
    for step in 0...steps {
      let ascent = open.clean.ascent(
        of: victim, at: ways.point, raising: open.criterion, as: loss, using: &open.streams)
      ways.note(ascent)
      let isMet = open.criterion.isMet(by: ascent.response)
      let met = isMet.indices.filter { isMet[$0] }
      if !met.isEmpty {
        finished.replaceRows(at: met.map { open.places[$0] }, with: ways.point.rows(at: met))
        for row in met { isFlipped[open.places[row]] = true }
        if stopsEarly {
          let rest = isMet.indices.filter { !isMet[$0] }
          if rest.isEmpty { return finished }
          open.keep(rest)
          ways.keep(rest)
        }
      }
      guard step < steps else { break }
      if checkpoints.contains(step) {
        ways.lookBack(after: step - lastCheckpoint)
        lastCheckpoint = step
      }
      ways.move(within: open.neighborhood, isFirst: step == 0)
    }
    let rest = open.places.indices.filter { !isFlipped[open.places[$0]] }
    finished.replaceRows(at: rest.map { open.places[$0] }, with: ways.best.rows(at: rest))
    return finished
  }
}

import Foundation
import Networks
import Policies
import RandomStreams
import Tensors

/// One perturbation for all frames (Moosavi-Dezfooli et al. 2017, "Universal adversarial perturbations"; on policies Huang et al. 2017),
/// learned from a set of observations by accumulating gradients (Shafahi et al. 2020, "Universal Adversarial Training",
/// section 3.1), and carried to any policy that sees observations of this shape.
///
///     δ ← project(δ + α · steepest(Σ over a minibatch of ∇ loss(scores(x + δ)))),  α = 2.5·ε/n          n times
///
/// With `file` the perturbation that `hoodwink craft --attack universal` has saved is used, whatever goal it was learned for;
/// otherwise it is learned from the victim before the run: from at most 2,048 steps of sixteen episodes side by side, each played
/// once.
///
/// Access: gradients while it learns, nothing then. Cost, once: 2n forward and n backward passes of `batch` observations, and
/// the steps of the lesson.
///
/// Deviations:
/// 1. The loss is not clipped (Shafahi et al. do, so that a few frames that are fooled already do not weigh most).
public struct Universal: AttackRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "universal", "one perturbation for all frames, learned or from a file", needs: .weights,
    cost: "none; 2n·batch forward, n·batch backward once, to learn")

  /// What can be set.
  public static let parameters: [Parameter<Universal>] = [
    .text("file", \.file, "a file that craft has written", "the perturbation's file, instead of learning it"),
    .whole("steps", \.steps, in: 1...1_000_000, "the number n of steps of learning"),
    .whole("batch", \.batch, in: 1...100_000, "observations in a step"),
    .loss(\.loss),
  ]

  /// The perturbation's file; empty to learn.
  public var file = ""
  /// The number of steps of learning.
  public var steps = 100
  /// Observations in a step.
  public var batch = 64
  /// What is climbed.
  public var loss = ScoreLoss.margin

  /// To be learned in a hundred steps.
  public init() {}

  /// Without a file.
  public var learns: Bool { file.isEmpty }

  /// A perturbation from a file needs to know nothing.
  public var needs: Knowledge { learns ? .weights : .nothing }

  /// The perturbation of the file, or one that is learned.
  /// - Throws: ``AttackError`` when it cannot be learned, or is not to be and settings of learning are given; `SafetensorsError` when
  ///   the file cannot be read.
  public func against(_ victim: any Policy, learningFrom lesson: Lesson?) throws -> any Attack {
    guard learns else {
      var unlearned = Universal()
      unlearned.file = file
      guard self == unlearned else {
        throw AttackError(
          "universal: what a file holds is not learned again: leave steps, batch and loss out, or the file")
      }
      return try UniversalPerturbation(contentsOf: URL(fileURLWithPath: file))
    }
    guard let lesson else {
      throw AttackError(
        "the attack \"universal\" learns from observations first: give it a file that craft has written (universal:file=…)"
      )
    }
    guard let victim = victim as? any DifferentiablePolicy else {
      throw AttackError(
        "the attack \"universal\" needs gradients to learn: give it a file that craft has written (universal:file=…)"
      )
    }
    return try learned(against: victim, from: lesson)
  }

  /// Learns a perturbation.
  /// - Throws: ``AttackError`` when the experience is empty or does not fit the threat model, or the victim draws its scores and
  ///   no expectation is taken; `CancellationError`.
  public func learned(
    against victim: any DifferentiablePolicy, from lesson: Lesson
  ) throws -> UniversalPerturbation {
    let (experience, threat) = (lesson.experience, lesson.threat)
    guard experience.count > 0 else { throw AttackError("there are no observations to learn from") }
    guard
      lesson.expectation != nil
        || victim.hasSteadyScores(on: experience.observations, memory: experience.memory)
    else { throw AttackError.unsteadyScores(of: "policy") }
    var random = RandomStream(seed: experience.seed, stream: .attack)
    let shape = Shape([1] + experience.observations.shape.dimensions.dropFirst())
    // Around zero, in a range that binds for no observation.
    var free = threat
    let span = threat.range.upperBound - threat.range.lowerBound
    (free.range, free.epsilon, free.isQuantized) = (
      -span...span, Epsilon(threat.epsilon.numerator / 2, over: threat.epsilon.denominator), false
    )
    let space = try Neighborhood(of: .zeros(shape), under: free, frameChannels: experience.frameChannels)
    var change = Tensor.zeros(shape)
    var passes = Passes()
    var order: [Int] = []
    for _ in 0..<steps {
      try lesson.checkContinuing()
      if order.count < min(batch, experience.count) { order = random.permutation(of: experience.count) }
      let rows = Array(order.suffix(batch))
      order.removeLast(rows.count)
      var streams = rows.map { RandomStream(seed: experience.seed &+ UInt64($0), stream: .attack) }
      let clean = CleanPass(
        of: experience.observations.rows(at: rows), through: victim, memory: experience.memory.rows(at: rows),
        using: streams, expectation: lesson.expectation ?? 1)
      if let scores = clean.scores { try lesson.goal.check(ofActions: scores.shape[1]) }
      let point = (clean.observations + change).clamped(to: threat.range)
      let gradient = clean.ascent(
        of: victim, at: point, raising: lesson.goal.criterion(for: clean), as: loss, using: &streams
      ).gradient
      passes = clean.passes.reduce(passes, +)
      let sum = gradient.sum(alongAxis: 0, keepingAxis: true)
      change = space.project(
        space.step(from: change, along: sum, share: ThreatModel.usualShare(ofSteps: steps)))
    }
    return UniversalPerturbation(change, learningPasses: passes)
  }
}

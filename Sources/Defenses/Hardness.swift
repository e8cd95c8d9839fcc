import Attacks
import Networks
import Tensors

/// How much a defense in the loss asks for, over the run: the size of the perturbations, and the weight of its term.
public struct Hardness: Hashable, Sendable {
  /// The full size.
  public var epsilon: Epsilon
  /// The share of the full size, 0 to 1, over the run.
  public var warmUp: Schedule
  /// The weight of the term over the run.
  public var weight: Schedule

  /// Sizes that grow from nothing over the run, and the weight of the term.
  /// - Parameter warmUp: by default nothing for the first fifth of the run, then growing until its middle.
  public init(epsilon: Epsilon, warmUp: Schedule = Hardness.usualWarmUp, weight: Schedule) {
    self.epsilon = epsilon
    self.warmUp = warmUp
    self.weight = weight
  }

  /// Nothing for the first fifth of the run, then growing until its middle: something is learned before it is disturbed.
  public static let usualWarmUp = Schedule.ramp(from: 0, to: 1, start: 0.2, end: 0.5)

  /// The size and the weight at some point of the run, by names for files.
  func measures(at progress: Float) -> [String: Float] {
    [
      "defense_epsilon": epsilon.value * warmUp.value(at: progress),
      "defense_weight": weight.value(at: progress),
    ]
  }

  /// The size and the weight at some point of the run; nil while the size is 0.
  func at(_ progress: Float) -> (epsilon: Float, weight: Float)? {
    let share = warmUp.value(at: progress)
    return share > 0 ? (epsilon.value * share, weight.value(at: progress)) : nil
  }

  /// The settings that are left of a defense's, and the size that stands where none is said.
  /// - Parameter mayWeighNothing: whether the defense has something else to do where the weight is 0 throughout.
  /// - Throws: ``DefenseError`` for one that would harden nothing.
  init(
    _ settings: inout DefenseSettings, epsilon: Epsilon?, weight: Schedule, mayWeighNothing: Bool = false
  ) throws(DefenseError) {
    let range: ClosedRange<Float> = 0...Float.greatestFiniteMagnitude
    self.init(
      epsilon: try settings.takeSize(epsilon),
      warmUp: try settings.takeAmounts("warm-up", in: 0...1) ?? Self.usualWarmUp,
      weight: try mayWeighNothing
        ? settings.takeSchedule("weight", in: range) ?? weight
        : settings.takeAmounts("weight", in: range) ?? weight)
  }

  static func parameters(weight: String) -> [DefenseParameter] {
    [
      DefenseParameter("epsilon", "--epsilon", "the full size of the perturbations"),
      DefenseParameter("warm-up", "\(usualWarmUp)", "the share of the full size over the run"),
      DefenseParameter("weight", weight, "the weight of the term over the run"),
    ]
  }

  var settings: [String] { ["epsilon=\(epsilon)", "warm-up=\(warmUp)", "weight=\(weight)"] }
}

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

  /// Without a size, which has to be set.
  init(weight: Float) { self.init(epsilon: Epsilon(0), weight: .constant(weight)) }

  /// What is wrong with it; nil for nothing.
  /// - Parameter mayWeighNothing: whether the defense has something else to do where the weight is 0 throughout.
  func fault(mayWeighNothing: Bool = false) -> String? {
    let nothing = warmUp.isNothing ? "warm-up" : weight.isNothing && !mayWeighNothing ? "weight" : nil
    return nothing.map { "\($0) is 0 over the whole run, so nothing would be hardened" }
  }
}

extension Parameter {
  /// What can be set of how much a defense asks for.
  static func hardness(
    epsilon: WritableKeyPath<Subject, Epsilon> & Sendable,
    warmUp: WritableKeyPath<Subject, Schedule> & Sendable,
    weight: WritableKeyPath<Subject, Schedule> & Sendable
  ) -> [Parameter] {
    [
      .size(epsilon), .warmUp(warmUp),
      .schedule(
        "weight", weight, in: 0...Float.greatestFiniteMagnitude, "the weight of the term over the run"),
    ]
  }
}

import Attacks

/// How a defense in the loss finds the worst that a perturbation could do.
public enum InnerMaximization: String, Hashable, Sendable, CaseIterable {
  /// By interval bounds: nothing in the box is worse, and the true worst may be far from it.
  case interval
  /// By projected gradient ascent: it is there, and something worse may be there as well.
  case pgd
}

extension InnerMaximization {
  /// The usual steps of ascent.
  public static let usualSteps = 10

  /// What is wrong with a number of steps; nil for nothing.
  func fault(steps: Int) -> String? {
    self == .interval && steps != Self.usualSteps
      ? "steps are those of method=pgd; interval bounds take none" : nil
  }
}

extension Parameter {
  /// How the worst is found.
  static func method(_ path: WritableKeyPath<Subject, InnerMaximization> & Sendable) -> Parameter {
    .choice("method", path, "how the worst in the box is found: interval or pgd")
  }

  /// Steps of gradient ascent, where that is how.
  static func steps(
    _ path: WritableKeyPath<Subject, Int> & Sendable,
    of method: KeyPath<Subject, InnerMaximization> & Sendable
  ) -> Parameter {
    .whole("steps", path, in: 1...1000, "steps of gradient ascent, for pgd")
      .written { $0[keyPath: method] == .pgd }
  }
}

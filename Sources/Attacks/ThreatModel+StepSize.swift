extension ThreatModel {
  /// The length of a step as a share of the budget where none is set: 2.5/n (Madry et al. 2018, section 5), with which n steps can
  /// cross the whole neighborhood.
  static func usualShare(ofSteps steps: Int) -> Float { 2.5 / Float(steps) }

  /// The length of a step as a share of the budget: one that was set, or the usual one.
  func share(of stepSize: Epsilon?, steps: Int) -> Float {
    stepSize.map { $0.value / max(epsilon.value, .leastNormalMagnitude) } ?? Self.usualShare(ofSteps: steps)
  }
}

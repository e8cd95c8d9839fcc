import Networks

/// A policy whose greedy action can be certified: what it looks at goes through a known, monotone change into a network, and
/// nothing is drawn.
public protocol BoundedPolicy: ScoringPolicy {
  /// What gives the scores.
  var network: Network { get }
  /// What the network may get to see when the observation lies in a box; by default the box itself.
  func seen(_ box: Bounds) -> Bounds
}

extension NetworkPolicy: BoundedPolicy {}

extension BoundedPolicy {
  /// The box itself.
  public func seen(_ box: Bounds) -> Bounds { box }

  /// For each observation whether the policy's action is proven to be the same anywhere in a box around it.
  ///
  /// - Parameters:
  ///   - actions: the policy's own, one an observation.
  ///   - box: bounds of the observations, [batch, height, width, channels].
  ///   - usesLinearBounds: whether linear bounds are tried where interval bounds do not suffice.
  /// - Returns: whether interval bounds prove it, and whether any bounds do. The network's rounding errors and those of the
  ///   bounds are accounted for.
  /// - Precondition: the architecture's `checkIntervalBounds()` throws nothing, and `checkLinearBounds()` neither where those
  ///   are used.
  public func certified(
    _ actions: [Int], over box: Bounds, usesLinearBounds: Bool
  ) -> (byIntervals: [Bool], byAny: [Bool]) {
    func arePositive(_ margins: [Float], _ actions: ArraySlice<Int>) -> [Bool] {
      let outputs = margins.count / max(actions.count, 1)
      return actions.enumerated().map { row, action in
        (0..<outputs).allSatisfy { other in
          let margin = margins[row * outputs + other]
          return other == action || (margin > 0 && margin.isFinite)
        }
      }
    }
    let seen = seen(box)
    let byIntervals = arePositive(
      network.intervalMargins(over: seen, of: actions, rounding: .outward).elements, actions[...])
    guard usesLinearBounds else { return (byIntervals, byIntervals) }
    var byAny = byIntervals
    for row in actions.indices where !byIntervals[row] {
      let margins = network.linearMargins(over: seen.slice(row..<(row + 1)), of: [actions[row]])
      byAny[row] = arePositive(margins.elements, actions[row...row])[0]
    }
    return (byIntervals, byAny)
  }
}

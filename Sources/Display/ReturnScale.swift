import Foundation

/// An axis of returns with round numbers on it.
struct ReturnScale {
  /// The numbers on the axis, from its one end to the other, at equal distances: 1, 2 or 5 times a power of ten.
  let ticks: [Double]
  private let step: Double

  /// An axis on which some finite returns have room, and zero.
  init(_ returns: [Double]) {
    let (low, high) = (min(returns.min() ?? 0, 0), max(returns.max() ?? 0, 0))
    let span = high > low ? high - low : 1
    // Four steps or more.
    let power = pow(10, (log10(span / 4)).rounded(.down))
    step = power * ([5, 2, 1].first { $0 * power <= span / 4 } ?? 1)
    let (first, last) = (Int((low / step).rounded(.down)), Int((max(high, low + span) / step).rounded(.up)))
    let step = step
    ticks = (first...last).map { Double($0) * step }
  }

  /// Where a return stands: 0 at the lower end, 1 at the upper.
  func part(of value: Double) -> Double { (value - ticks[0]) / (ticks[ticks.count - 1] - ticks[0]) }

  /// A number on the axis, with the decimals that its neighbors need.
  func label(of tick: Double) -> String {
    String(format: "%.\(max(0, Int(-log10(step).rounded(.down))))f", tick)
  }
}

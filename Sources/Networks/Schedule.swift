import Foundation

/// A number that changes over a training run: a learning rate, an exploration rate, an attack's epsilon.
public enum Schedule: Hashable, Sendable, Codable {
  /// Always the same.
  case constant(Float)
  /// From one value to another in a straight line over the first `share` (0 to 1) of the run, then the latter.
  case linear(from: Float, to: Float, share: Float)
  /// The first value until `start`, a share of the run; then in a straight line to the second until `end`; then that.
  case ramp(from: Float, to: Float, start: Float, end: Float)
  /// From one value to another along half a cosine (Loshchilov & Hutter 2017, equation 5) over the whole run.
  case cosine(from: Float, to: Float)

  /// The value when a share of the run, 0 to 1, has passed.
  public func value(at progress: Float) -> Float {
    switch self {
    case .constant(let value): return value
    case .linear(let from, let to, let share):
      return Schedule.ramp(from: from, to: to, start: 0, end: share).value(at: progress)
    case .ramp(let from, let to, let start, let end):
      if progress >= end { return to }
      if progress <= start { return from }
      return from + (to - from) * (progress - start) / (end - start)
    case .cosine(let from, let to):
      return to + (from - to) * 0.5 * (1 + cos(.pi * min(max(progress, 0), 1)))
    }
  }
}

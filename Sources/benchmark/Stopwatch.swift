import Tensors

/// How often a piece of work can be done in a second.
enum Stopwatch {
  /// Windows of a measurement, whose median is reported: one that another process disturbed does not count.
  private static let windows = 5

  /// The median rate over windows that together take about `seconds`, each of at least one call.
  static func callsPerSecond(seconds: Double, _ work: () -> Void) -> Double {
    // The first call warms caches and pools up; the second tells how many fill a window.
    work()
    let once = time(1, work)
    let calls = max(1, Int(seconds / Double(windows) / max(once, 1e-7)))
    return median((0..<windows).map { _ in Double(calls) / time(calls, work) })
  }

  /// The same of several pieces of work, in turn.
  /// - Returns: for each of them its rates, round by round.
  static func callsPerSecond(of works: [() -> Void], rounds: Int, seconds: Double) -> [[Double]] {
    var rates = works.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (index, work) in works.enumerated() {
        rates[index].append(callsPerSecond(seconds: seconds, work))
      }
    }
    return rates
  }

  /// The floating-point operations a second of a product of two matrices of 512×512 on one thread.
  static func peak(seconds: Double) -> Double {
    let left = Tensor(repeating: 0.5, shape: [512, 512])
    let right = Tensor(repeating: 0.25, shape: [512, 512])
    let bias = Tensor.zeros([512])
    return callsPerSecond(seconds: seconds) { _ = left.dense(right, bias: bias) } * 2 * 512 * 512 * 512
  }

  private static func time(_ calls: Int, _ work: () -> Void) -> Double {
    let duration = ContinuousClock().measure {
      for _ in 0..<calls { work() }
    }
    return duration / .seconds(1)
  }

  /// The middle of some values, the mean of the middle two for an even number.
  /// - Precondition: there is at least one.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}

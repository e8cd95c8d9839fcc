import Episodes

/// How much larger one quantity is than another on the same episodes, which are the unit: frames of one episode are not
/// independent.
struct PairedDifference: Hashable, Sendable {
  /// The mean over episodes.
  let mean: Double
  /// Its 95% bootstrap interval over episodes; nil for fewer than five.
  let interval: ClosedRange<Double>?

  /// Whether the difference is surely larger than a number: all of the interval is.
  func isSurely(above number: Double) -> Bool { interval.map { $0.lowerBound > number } ?? false }

  /// The difference of two numbers an episode.
  /// - Precondition: as many of the one as of the other, and at least one.
  init(_ left: [Double], minus right: [Double], seed: UInt64) {
    precondition(left.count == right.count, "paired values")
    let differences = zip(left, right).map(-)
    mean = Statistics.mean(differences)
    interval = Statistics.bootstrapInterval(differences, seed: seed)
  }
}

import RandomStreams

/// Summaries of returns.
public enum Statistics {
  /// The mean.
  /// - Precondition: at least one value.
  public static func mean(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "the mean of nothing")
    return values.reduce(0, +) / Double(values.count)
  }

  /// The mean of the middle half (Agarwal et al. 2021): values are sorted, ⌊n/4⌋ cut from each end, as SciPy's
  /// `trim_mean(values, 0.25)`.
  /// - Precondition: at least one value.
  public static func interquartileMean(_ values: [Double]) -> Double {
    let cut = values.count / 4
    return mean(Array(values.sorted()[cut..<(values.count - cut)]))
  }

  /// The fewest values that have a bootstrap interval. Of four or fewer it would be nothing but their range: more than 2.5% of the
  /// resamples have the smallest value for their interquartile mean, and as many the largest.
  public static let fewestForInterval = 5

  /// A 95% interval of a statistic by the percentile bootstrap (Efron & Tibshirani 1993, section 13.3). Of few values it is too
  /// narrow: in simulations with normal and exponential numbers that of the mean of ten held the truth in 84 to 91% of the cases, of
  /// five in 78 to 87%.
  ///
  /// - Parameters:
  ///   - values: independent observations.
  ///   - statistic: of a resample.
  ///   - seed: of the resampling, whose stream is `bootstrap`: the same values and seed give the same interval.
  /// - Returns: the interval; nil for fewer values than ``fewestForInterval``.
  public static func bootstrapInterval(
    _ values: [Double], of statistic: ([Double]) -> Double = mean, seed: UInt64
  ) -> ClosedRange<Double>? {
    guard values.count >= fewestForInterval else { return nil }
    let resamples = 2000
    var random = RandomStream(seed: seed, stream: .bootstrap)
    var estimates = (0..<resamples).map { _ in
      statistic(values.indices.map { _ in values[random.index(below: values.count)] })
    }
    estimates.sort()
    func quantile(_ share: Double) -> Double {
      let position = share * Double(resamples - 1)
      let low = Int(position)
      let high = min(low + 1, resamples - 1)
      return estimates[low] + (estimates[high] - estimates[low]) * (position - Double(low))
    }
    return quantile(0.025)...quantile(0.975)
  }
}

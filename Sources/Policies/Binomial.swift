import Foundation

/// What a certificate needs of statistics.
enum Binomial {
  /// The one-sided lower bound of a probability by Clopper and Pearson (1934): the p at which `successes` or more of `count`
  /// have the probability `error`.
  static func lowerBound(successes: Int, of count: Int, error: Double) -> Double {
    guard successes > 0 else { return 0 }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if tail(successes, count, middle) < error { low = middle } else { high = middle }
    }
    return low
  }

  /// P[X ≥ k] for X binomial with n draws of probability p.
  private static func tail(_ k: Int, _ n: Int, _ p: Double) -> Double {
    guard p > 0 else { return 0 }
    guard p < 1 else { return 1 }
    var sum = 0.0
    for successes in k...n {
      let logarithm =
        lgamma(Double(n + 1)) - lgamma(Double(successes + 1)) - lgamma(Double(n - successes + 1))
        + Double(successes) * log(p) + Double(n - successes) * log1p(-p)
      sum += exp(logarithm)
    }
    return min(sum, 1)
  }

  /// Φ⁻¹, by bisection of the complementary error function.
  static func normalQuantile(_ probability: Double) -> Double {
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
    }
    return low
  }
}

import Episodes
import RandomStreams
import Testing

@Suite struct StatisticsTests {
  /// scipy.stats.trim_mean(values, 0.25), SciPy 1.17.1.
  @Test(arguments: [
    ([1.0, 2, 3, 4, 100], 3.0), ([5.0], 5.0), ([1.0, 9], 5.0), ([4.0, 1, 3, 2], 2.5),
    ([0.0, 0, 1, 1, 1, 7, 8, 9, 10, 30], 4.5),
  ])
  func interquartileMeanAgreesWithSciPy(_ values: [Double], _ expected: Double) {
    #expect(abs(Statistics.interquartileMean(values) - expected) < 1e-12)
  }

  /// The standard error of a mean of n values of unit variance is 1/√n.
  @Test func bootstrapIntervalHasTheWidthThatTheoryGives() throws {
    var random = RandomStream(seed: 3)
    let values = (0..<400).map { _ in random.normal() }
    let interval = try #require(Statistics.bootstrapInterval(values, seed: 1))
    let width = interval.upperBound - interval.lowerBound
    #expect(abs(width - 2 * 1.96 / 20) < 0.03)
    #expect(interval.contains(Statistics.mean(values)))
  }

  @Test func bootstrapIntervalIsThatOfItsSeed() {
    let values = [1.03, 4.11, 2.27, 8.9, 5.31, 7.77, 6.02, 3.3]
    #expect(Statistics.bootstrapInterval(values, seed: 1) == Statistics.bootstrapInterval(values, seed: 1))
    #expect(Statistics.bootstrapInterval(values, seed: 1) != Statistics.bootstrapInterval(values, seed: 2))
    #expect(Statistics.bootstrapInterval([3, 3, 3, 3, 3], seed: 1) == 3...3)
  }

  /// An interval that is the range of its values says nothing: up to four values have none, from five on it lies within.
  @Test(arguments: 1...7)
  func fewValuesHaveNoInterval(_ count: Int) {
    let values = (1...count).map { Double($0 * $0) }
    for statistic in [Statistics.mean, Statistics.interquartileMean] {
      let interval = Statistics.bootstrapInterval(values, of: statistic, seed: 1)
      #expect((interval == nil) == (count < 5))
      if let interval {
        #expect(interval.lowerBound > values[0] && interval.upperBound < values[count - 1])
      }
    }
  }
}

import Episodes
import Evaluation
import Testing

/// Of ten episodes one earns more than all others together: the mean and the mean of the middle half lie
/// far apart, and so do their intervals.
@Suite struct IntervalTests {
  private let result = Evaluation.Result(
    episodes: [-3, 0.5, 1, 1.25, 2, 2.5, 4, 7, 20, 90].enumerated().map { index, value in
      var record = EpisodeRecord(seed: UInt64(index))
      record.episodeReturn = value
      return record
    })

  /// scipy.stats.trim_mean(returns, 0.25), SciPy 1.17.1.
  @Test func interquartileMeanIsNotTheMean() {
    #expect(abs(result.mean - 12.525) < 1e-12)
    #expect(abs(result.interquartileMean - 17.75 / 6) < 1e-12)
  }

  /// NumPy 2.4.6: np.quantile(statistic(returns[indices], axis=1), [0.025, 0.975]), where indices are
  /// Generator(PCG64(SeedSequence(5, spawn_key=(9,)))).integers(0, 10, size=(2000, 10)).
  @Test func intervalsAreThoseOfTheirStatistic() throws {
    let mean = try #require(result.interval(seed: 5))
    #expect(abs(mean.lowerBound - 1.275) < 1e-9)
    #expect(abs(mean.upperBound - 31.751_875) < 1e-9)
    let middle = try #require(result.interquartileInterval(seed: 5))
    #expect(abs(middle.lowerBound - 5.0 / 6) < 1e-9)
    #expect(abs(middle.upperBound - 277.0 / 12) < 1e-9)
  }
}

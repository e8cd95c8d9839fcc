import Episodes

extension Evaluation {
  /// What is left of one policy under the strongest of several attacks, by both ways of asking.
  public struct WorstCase: Hashable, Sendable {
    /// The mean over episodes of the least return under any of the attacks: an attacker who may choose anew for each
    /// episode, knowing how it will end.
    public let meanOfMinima: Double
    /// The least of the attacks' mean returns: an attacker who has to choose once.
    public let minimumOfMeans: Double
    /// The index of the attack whose mean is least, the first of equals.
    public let strongest: Int
  }

  /// The worst of several results of one policy on the same episodes.
  /// - Precondition: at least one result, all with the same episodes.
  public static func worstCase(of results: [Result]) -> WorstCase {
    precondition(!results.isEmpty, "the worst of nothing")
    let episodes = results[0].episodes.map(\.seed)
    precondition(results.allSatisfy { $0.episodes.map(\.seed) == episodes }, "results of other episodes")
    let minima = episodes.indices.map { episode in results.map { $0.returns[episode] }.min()! }
    let means = results.map(\.mean)
    let strongest = means.indices.min { means[$0] < means[$1] }!
    return WorstCase(
      meanOfMinima: Statistics.mean(minima), minimumOfMeans: means[strongest], strongest: strongest)
  }

  /// What several policies of one recipe earn, each trained from a seed of its own: the training seed is the unit of replication.
  public struct OverTrainingSeeds: Hashable, Sendable {
    /// Each policy's mean return.
    public let means: [Double]
    /// The interquartile mean over policies: of fewer than four the mean.
    public let interquartileMean: Double
    /// Its 95% bootstrap interval over policies; fewer than five have none.
    public let interval: ClosedRange<Double>?
  }

  /// Sums up policies of one recipe under one attack.
  /// - Parameter seed: of the resampling.
  /// - Precondition: at least one result.
  public static func overTrainingSeeds(_ results: [Result], seed: UInt64) -> OverTrainingSeeds {
    let means = results.map(\.mean)
    return OverTrainingSeeds(
      means: means, interquartileMean: Statistics.interquartileMean(means),
      interval: Statistics.bootstrapInterval(means, of: Statistics.interquartileMean, seed: seed))
  }
}

import Foundation
import Networks
import Policies
import Tensors
import TestSupport
import Testing

/// What `evaluate --json` says of policies that differ in their training seed alone.
@Suite struct TrainingSeedsTests {
  private struct Report: Decodable {
    struct Summary: Decodable {
      let mean, intervalLow, intervalHigh: Double
      let intervalOver: String
    }
    struct Seeds: Decodable {
      let policies: [String]
      let attack: String?
      let means: [Double]
      let interquartileMean, intervalLow, intervalHigh: Double
      let intervalOver: String
    }
    let cells: [Summary]
    let overTrainingSeeds: [Seeds]
  }

  /// Two good policies, three that always take the worst action, and one of another recipe. By hand: the
  /// middle three of five are one good and two bad. A resample's are all good, or all bad, where four of
  /// its five are, with chances of 0.087 and 0.337. Both are above the 2.5% that an interval leaves out
  /// at each end.
  @Test func policiesOfOneRecipeAreGrouped() throws {
    try withTemporaryFolder { folder in
      let shipped = try PolicyFile(
        contentsOf: PolicyFile.locate(
          "catch-v1-dqn", policies: repository.appendingPathComponent("Policies")))
      var names: [String] = []
      for seed in 0..<6 {
        var (file, network) = (shipped, shipped.policy.network)
        if (2..<5).contains(seed) {
          for index in network.parameters.indices.suffix(2) {
            network.parameters[index] = -network.parameters[index]
          }
        }
        file.policy = NetworkPolicy(network)
        file.description.seed = UInt64(seed)
        if seed == 5 { file.description.steps += 1 }
        let url = folder.appendingPathComponent("\(seed).safetensors")
        try file.write(to: url)
        names.append(url.path)
      }
      let run = try Tool.run(
        ["evaluate"] + names + ["--attacks", "noise", "--epsilons", "0", "--episodes", "5", "--json"])
      #expect(run.status == 0, "\(run.errors)")
      let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
      // Clean and under the attack, which with epsilon 0 is clean, too.
      try #require(report.cells.count == 12 && report.overTrainingSeeds.count == 2)
      let good = report.cells[0]
      #expect(good.mean == 1 && good.intervalLow == 1 && good.intervalHigh == 1)
      #expect(good.intervalOver == "episodes")
      let bad = report.cells[4].mean
      #expect(bad < 1)
      #expect(report.overTrainingSeeds.map(\.attack) == [nil, "noise"])
      for seeds in report.overTrainingSeeds {
        #expect(seeds.policies == Array(names[..<5]))
        #expect(seeds.means == [1, 1, bad, bad, bad])
        #expect(abs(seeds.interquartileMean - (1 + 2 * bad) / 3) < 1e-12)
        #expect(abs(seeds.intervalLow - bad) < 1e-12 && seeds.intervalHigh == 1)
        #expect(seeds.intervalOver == "training seeds")
      }
    }
  }
}

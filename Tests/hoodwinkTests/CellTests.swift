import Foundation
import Networks
import TestSupport
import Testing

/// What stands beside the figures of a cell, and in which order it is written.
@Suite struct CellTests {
  /// A corner that is black in every frame cannot become darker, and half a level is rounded back: only the first speaks of the
  /// attack.
  @Test(arguments: [
    (["--region", "0,0,1,1"], true), (["--epsilon", "0.6/255", "--quantized"], false), ([], false),
  ])
  func framesThatAnAttackLeavesAreTold(_ options: [String], _ isTold: Bool) throws {
    let size = options.contains("--epsilon") ? [] : ["--epsilon", "8/255"]
    let run = try Tool.run(
      ["attack", "catch-v1-dqn", "--attack", "fgsm", "--episodes", "5"] + size + options)
    #expect(run.status == 0)
    #expect(run.errors.contains("of the attacked frames as they were") == isTold, "\(run.errors)")
  }

  /// Where nothing was attacked, or less than it seems, the figures do not tell by themselves.
  @Test func resultsThatMeanLessThanTheySeemAreTold() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("universal").path
      let crafted = try Tool.run([
        "craft", "catch-v1-dqn", "--episodes", "5", "--attack", "universal", "--epsilon", "8/255", "--output",
        file,
        "--seed", "1", "--json",
      ])
      let summary = try JSONSerialization.jsonObject(with: Data(crafted.output.utf8)) as? [String: Any]
      #expect(summary?["policy"] as? String == "catch-v1-dqn" && summary?["seed"] as? Int == 1)
      // What is drawn while it learns follows from the seed.
      let learned = try ["1", "1", "2"].enumerated().map { index, seed in
        let other = folder.appendingPathComponent("seed-\(index)")
        _ = try Tool.run([
          "craft", "catch-v1-dqn", "--observations", file, "--attack", "universal:steps=5:batch=8",
          "--epsilon",
          "8/255", "--output", other.path, "--seed", seed,
        ])
        return try Safetensors(contentsOf: other)["perturbation"]
      }
      #expect(learned[0] != nil && learned[0] == learned[1] && learned[0] != learned[2])
      func errors(_ options: String...) throws -> String {
        try Tool.run(["attack", "catch-v1-dqn", "--episodes", "2"] + options).errors
      }
      let universal = "universal:file=\(file)"
      let larger = "what the file holds is no larger than 0.0314"
      #expect(try errors("--attack", universal, "--epsilon", "16/255").contains(larger))
      #expect(try !errors("--attack", universal, "--epsilon", "8/255").contains(larger))
      let none = "no frame was attacked"
      #expect(try errors("--attack", "fgsm", "--epsilon", "0.1", "--timing", "strategic:1").contains(none))
      #expect(try errors("--attack", "fgsm", "--epsilon", "0.1", "--share", "0").contains(none))
      #expect(try !errors("--attack", "fgsm", "--epsilon", "0").contains(none))
      #expect(try errors("--attack", "fgsm", "--epsilon", "0.5", "--norm", "l1").contains("fill=yes"))
      #expect(
        try errors("--attack", "pgd", "--epsilon", "0.1", "--expectation", "2").contains("draws nothing"))
      // Frames that have what is wanted are left as they are.
      #expect(
        try !errors("--attack", "deepfool", "--epsilon", "0.1", "--target", "left").contains("as they were"))
    }
  }

  /// Who reads the table may leave before its end.
  @Test func filesAreWrittenBeforeTheTable() throws {
    try withTemporaryFolder { folder in
      let csv = folder.appendingPathComponent("cells.csv").path
      let command = [
        "evaluate", "catch-v1-dqn", "--attacks", "fgsm,bim,noise", "--epsilons", "1/255,2/255,3/255",
        "--episodes", "1", "--json", "--csv", csv,
      ]
      // More than a pipe's writer keeps to itself.
      _ = try Tool.status(of: command, redirected: "2> /dev/null | true")
      let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 11)
    }
  }
}

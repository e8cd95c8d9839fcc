import Foundation
import Networks
import TestSupport
import Testing

/// Observations that are perturbed from a file or from episodes.
@Suite struct CraftTests {
  /// What craft writes is what the attack delivers: within its size, with the actions that the policy then takes.
  @Test func craftsObservationsAndCarriesAUniversalPerturbation() throws {
    try withTemporaryFolder { folder in
      func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
      let policy = "catch-v1-dqn"
      let first = [
        "craft", policy, "--episodes", "3", "--attack", "noise", "--epsilon", "0", "--output", file("clean"),
      ]
      #expect(try Tool.run(first).status == 0)
      let crafting = [
        "craft", policy, "--observations", file("clean"), "--attack", "pgd", "--steps", "5", "--norm", "l2",
        "--epsilon", "0.5",
      ]
      for (name, threads) in [("one", "1"), ("two", "2")] {
        let run = try Tool.run(crafting + ["--threads", threads, "--output", file(name)])
        #expect(run.status == 0, "\(run.errors)")
      }
      let (one, two) = (
        try Data(contentsOf: URL(fileURLWithPath: file("one"))),
        try Data(contentsOf: URL(fileURLWithPath: file("two")))
      )
      #expect(one == two)
      #expect(try Tool.run(crafting + ["--output", file("one")]).status == 73)
      // What was crafted is not taken for clean.
      let again = try Tool.run([
        "craft", policy, "--observations", file("one"), "--attack", "fgsm", "--epsilon", "0.1", "--output",
        file("again"),
      ])
      #expect(again.status == 0 && again.errors.contains("\"clean\" is attacked"), "\(again.errors)")
      func clean(_ name: String) throws -> Safetensors.Entry {
        try #require(try Safetensors(contentsOf: URL(fileURLWithPath: file(name)))["clean"])
      }
      #expect(try clean("again") == clean("one"))
      let targeted = try Tool.run([
        "craft", policy, "--observations", file("clean"), "--attack", "pgd", "--norm", "l2", "--epsilon", "5",
        "--target", "left", "--output", file("left"),
      ])
      #expect(targeted.output.contains("to reach left"))
      #expect(targeted.output.contains("27 as wanted"), "\(targeted.output)")
      // Found on another policy it is written, too.
      let transferred = [
        "craft", policy, "--observations", file("clean"), "--attack", "universal", "--surrogate",
        "catch-v1-dqn-adversarial", "--epsilon", "32/255", "--output", file("t"),
      ]
      #expect(try Tool.run(transferred).status == 0)
      #expect(try Safetensors(contentsOf: URL(fileURLWithPath: file("t")))["perturbation"] != nil)
      let universal = [
        "craft", policy, "--observations", file("clean"), "--attack", "universal", "--epsilon", "32/255",
        "--output", file("u"),
      ]
      #expect(try Tool.run(universal).status == 0)
      let carried = try Tool.run([
        "attack", "catch-v1-dqn-adversarial", "--attack", "universal:file=\(file("u"))", "--epsilon",
        "32/255", "--episodes", "5",
      ])
      #expect(carried.status == 0, "\(carried.errors)")
      // What the victim did teaches nothing about a second policy.
      let unlearned = try Tool.run([
        "craft", policy, "--episodes", "2", "--attack", "robust-sarsa", "--surrogate",
        "catch-v1-dqn-adversarial", "--epsilon", "0.1", "--output", file("unlearned"),
      ])
      #expect(
        unlearned.status != 0 && unlearned.errors.contains("observations alone"), "\(unlearned.errors)")
      // In other observations it has no place, which is found before anything is trained.
      let misplaced = try Tool.run([
        "train", "catch-42-v1", "--defense", "adversarial:attack=universal:file=\(file("u"))", "--epsilon",
        "8/255", "--output", file("misplaced"),
      ])
      #expect(misplaced.status != 0 && misplaced.errors.contains("not [42, 42, 1]"), "\(misplaced.errors)")
      #expect(!FileManager.default.fileExists(atPath: file("misplaced")))
      let certified = try Tool.run([
        "certify", policy, "--attack", "cw", "--epsilons", "1/255", "--episodes", "1",
      ])
      #expect(certified.errors.contains("made for the l2 norm"), "\(certified.errors)")
      let (csv, picture) = (file("cells.csv"), file("curves.svg"))
      let evaluated = try Tool.run([
        "evaluate", policy, "--attacks", "fgsm,bim", "--steps", "3", "--epsilons", "4/255", "--episodes", "5",
        "--csv", csv, "--picture", picture, "--target", "left", "--timing", "strategic", "--share", "0.5",
        "--expectation", "2",
      ])
      #expect(evaluated.status == 0, "\(evaluated.errors)")
      // What the attacks want, and how, stands with the figures; what is set goes to those that have it.
      #expect(evaluated.output.contains("to reach left, timing strategic, expectation over 2"))
      #expect(evaluated.output.contains("  flips  reached  "))
      let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 4)
      let svg = try String(contentsOfFile: picture, encoding: .utf8)
      #expect(svg.contains(">fgsm at 0: ") && svg.contains(">bim:steps=3 at 4/255: "))
      #expect(svg.ranges(of: "<circle ").count == 4)
      // A field with commas stands in quotes.
      let fields = lines.map {
        $0.replacing(/"[^"]*"/, with: "").split(separator: ",", omittingEmptySubsequences: false)
      }
      #expect(Set(fields.map(\.count)).count == 1)
      #expect(lines[2].contains(",\"max norm"))
      #expect(lines[0].contains(",goal,timing,expectation,straight_through,"))
      #expect(lines[2].contains(",fgsm,") && lines[3].contains(",bim:steps=3,"))
      #expect(lines[2...].allSatisfy { $0.contains(",reach left,strategic,2,false,") })
    }
  }
}

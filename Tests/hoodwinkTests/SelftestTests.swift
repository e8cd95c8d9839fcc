import Foundation
import Policies
import TestSupport
import Tensors
import Testing

/// The panel from the command line.
@Suite struct SelftestTests {
  @Test func anHonestPolicyPassesWithFigures() throws {
    let command = [
      "selftest", "catch-v1-dqn", "--epsilons", "4/255,8/255", "--episodes", "24", "--surrogate",
      "catch-v1-dqn-adversarial", "--json",
    ]
    let run = try Tool.run(command + ["--threads", "1"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Tool.run(command + ["--threads", "2"]).output == run.output)
    let panels = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    #expect(panels.map { $0["epsilon"] as? String } == ["4/255", "8/255"])
    for panel in panels {
      #expect(panel["status"] as? String == "green")
      #expect(panel["threatHash"] is String)
      #expect(panel["surrogate"] as? String == "catch-v1-dqn-adversarial" && panel["seed"] as? Int == 0)
      let checks = try #require(panel["checks"] as? [[String: Any]])
      #expect(checks.count == 20)
      for check in checks {
        let figures = try #require(check["figures"] as? [[String: Any]])
        #expect(!figures.isEmpty)
        let leads = figures.filter { ($0["name"] as? String)?.hasPrefix("lead of") == true }
        #expect(leads.count == ((check["name"] as? String)?.hasPrefix("pgd ≥") == true ? 1 : 0))
        for lead in leads {
          let (interval, value) = (lead["interval"] as? [Double] ?? [], lead["value"] as? Double ?? .nan)
          #expect(interval.count == 2 && interval[0] <= value && value <= interval[1])
        }
      }
    }
  }

  /// The threat model's hash stands with the result, and a size that no camera delivers is warned of.
  @Test func theThreatModelIsToldToPeople() throws {
    let run = try Tool.run(["selftest", "catch-v1-dqn", "--epsilons", "0.4/255", "--episodes", "5"])
    #expect(run.output.contains("threat model b36098a769c81637"))
    #expect(run.errors.contains("below half a step of 8 bits"))
  }

  /// The same policy with scores so large that the softmax saturates: the same actions, and no gradient.
  @Test func aMaskedPolicyFailsWithStatusOne() throws {
    try withTemporaryFolder { folder in
      var file = try PolicyFile(
        contentsOf: PolicyFile.locate(
          "catch-v1-dqn", policies: repository.appendingPathComponent("Policies")))
      var policy = file.policy
      let last = policy.network.parameters.count - 2
      for index in last...(last + 1) {
        policy.network.parameters[index] = policy.network.parameters[index] * 1e6
      }
      file = PolicyFile(policy: policy, description: file.description)
      let path = folder.appendingPathComponent("masked.safetensors")
      try file.write(to: path)
      let command = ["selftest", path.path, "--episodes", "24"]
      let run = try Tool.run(command)
      #expect(run.status == 1)
      // A verdict of which a part is lost is none.
      #expect(try Tool.status(of: command, redirected: "> /dev/full 2> /dev/null") == 74)
      #expect(run.output.contains("gradient not zero"))
      #expect(run.output.contains("do not call this policy robust"))
    }
  }
}

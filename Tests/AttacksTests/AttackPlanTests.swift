import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// Choices, plans and goals: how they are written, and which are refused or warned of.
@Suite struct AttackPlanTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  @Test(arguments: [
    ("pgd:stepz=3", "steps"), ("pgd:steps=0", "whole number"), ("pgd:steps", "name=value"),
    ("fgsm:steps=3", "steps"), ("pgd:steps=3:steps=4", "twice, to 3 and to 4"),
    ("fgms", "fgsm"), ("fgsm+pdg", "pgd"), ("fgsm:loss=hinge", "cross-entropy"), ("", "without a name"),
  ])
  func choicesThatMakeNoSenseAreRefused(_ text: String, _ word: String) {
    let error = #expect(throws: AttackError.self) { try AttackChoice(text) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func choicesAreWrittenAsTheyAreRead() throws {
    #expect(try AttackChoice("pgd:steps=20").description == "pgd")
    #expect(try AttackChoice("pgd:restarts=3:steps=10").description == "pgd:steps=10:restarts=3")
    let several = try AttackChoice("noise+bim")
    #expect(try several.setting("steps", to: "4").description == "noise+bim:steps=4")
    #expect(try AttackChoice("bim+pgd").setting("steps", to: "4").description == "bim:steps=4+pgd:steps=4")
    #expect(several.takes("steps") && several.takes("distribution") && !several.takes("restarts"))
    #expect(throws: AttackError.self) { try AttackChoice("bim:steps=3").setting("steps", to: "4") }
    let plan = AttackPlan(
      try AttackChoice("fgsm"), goal: .all([.reach(1), .lowerValue]), timing: .every(3), expectation: 2)
    #expect(
      plan.description(naming: ["left", "stay"])
        == "fgsm, to reach stay and lower value, timing every:3, expectation over 2")
    #expect(plan.description(naming: ["left"]).contains("to reach action 1 and"))
    for text in ["every", "every:4", "random", "random:0.25", "strategic:0.5", "value"] {
      #expect(Timing(text)?.description == text)
    }
    for text in ["", "every:0", "every:x", "random:2", "strategic:nan", "often", "value:1:2"] {
      #expect(Timing(text) == nil)
    }
  }

  @Test func plansThatContradictThemselvesAreRefused() throws {
    let policy = try tanhPolicy()
    for name in ["worst-action", "robust-sarsa"] {
      let targeted = AttackPlan(try AttackChoice(name), goal: .reach(1))
      #expect(throws: AttackError.self) { try Attacker(targeted, against: policy, within: threat) }
    }
    let starts = #expect(throws: AttackError.self) {
      try Attacker("pgd:restarts=2:random-start=no", against: policy, within: threat)
    }
    #expect(starts?.description.contains("contradict") == true)
    _ = try Attacker("pgd:random-start=no", against: policy, within: threat)
    let valued = AttackPlan(try AttackChoice("fgsm"), goal: .lowerValue)
    #expect(throws: AttackError.self) { try Attacker(valued, against: policy, within: threat) }
    _ = try Attacker(valued, against: ActionValuePolicy(policy), within: threat)
    let absent = try Attacker(
      AttackPlan(try AttackChoice("fgsm"), goal: .reach(3)), against: policy, within: threat)
    var random = streams(6)
    #expect(throws: AttackError.self) { try absent.deliver(observations, frameChannels: 2, using: &random) }
    var outside = threat
    outside.region = .rectangle(top: 2, left: 0, height: 2, width: 1)
    #expect(throws: AttackError.self) {
      try Attacker("fgsm", against: policy, within: outside).deliver(
        observations, frameChannels: 2, using: &random)
    }
  }

  /// What was set in code is held to the ranges of commands.
  @Test func parametersOutOfRangeStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      var recipe = HopSkipJump()
      recipe.iterations = 0
      _ = try recipe.against(RandomPolicy(actions: 2), learningFrom: nil)
    }
    await #expect(processExitsWith: .failure) {
      var threat = ThreatModel(epsilon: Epsilon(0.1))
      threat.share = .nan
    }
  }

  /// What is wanted is checked, whoever made the attack.
  @Test func goalsThatCannotBePursuedAreRefused() throws {
    let policy = try tanhPolicy()
    var random = streams(6)
    let none = #expect(throws: AttackError.self) {
      try Attacker(Custom(), against: policy, within: threat, goal: .all([]))
    }
    #expect(none?.description.contains("no parts") == true)
    let values = #expect(throws: AttackError.self) {
      try Attacker(Custom(), against: policy, within: threat, goal: .all([.flip, .lowerValue]))
    }
    #expect(values?.description.contains("values") == true)
    let blind = #expect(throws: AttackError.self) {
      try Attacker(
        Custom(needs: .actions), against: ActionValuePolicy(policy), within: threat, goal: .lowerValue)
    }
    #expect(blind?.description.contains("more than actions") == true)
    for action in [-1, 3] {
      let attacker = try Attacker(Custom(), against: policy, within: threat, goal: .reach(action))
      #expect(throws: AttackError.self) {
        try attacker.deliver(observations, frameChannels: 2, using: &random)
      }
    }
    #expect(throws: Never.self) {
      try Attacker(Custom(), against: ActionValuePolicy(policy), within: threat, goal: .lowerValue)
        .deliver(observations, frameChannels: 2, using: &random)
    }
  }

  private struct Custom: Attack {
    var needs = Knowledge.weights

    func perturb(
      _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
      using random: inout [RandomStream]
    ) -> Tensor { clean.observations }
  }

  /// A timing that would take what the share allows, where that is everything, is no timing, and says so.
  @Test(arguments: [
    "every", "every:2", "random", "random:0.5", "strategic", "strategic:0.5", "value", "value:1",
  ])
  func timingsWithoutAShareAreWarnedOf(_ text: String) throws {
    var plan = try AttackPlan("fgsm")
    plan.timing = try #require(Timing(text))
    var threat = ThreatModel(epsilon: Epsilon(8, over: 255))
    let isIdle = ["random", "strategic", "value"].contains(text)
    #expect(plan.warnings(under: threat).contains { $0.contains("share") } == isIdle)
    threat.share = 0.5
    #expect(plan.warnings(under: threat).isEmpty)
  }
}

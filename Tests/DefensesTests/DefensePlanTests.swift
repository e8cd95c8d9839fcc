import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Testing

@testable import Defenses

@Suite struct DefensePlanTests {
  @Test func everySettingIsWrittenAndReadAgain() throws {
    for about in DefenseCatalog.all {
      let plan = try DefensePlan(about.name, epsilon: Epsilon(8, over: 255))
      let again = try DefensePlan(plan.description, epsilon: nil)
      #expect(again.description == plan.description)
      // Written where they matter: steps of gradient ascent, labels that are not the policy's own.
      for parameter in about.parameters where !["steps", "attack", "labels"].contains(parameter.name) {
        #expect(plan.description.contains("\(parameter.name)="), "\(about.name): \(parameter.name)")
      }
      // One at each seam.
      #expect((plan.collection != nil) == (about.seam == .collection))
      #expect((plan.loss != nil) == (about.seam == .loss))
      #expect(plan.inference.isEmpty == (about.seam != .inference))
    }
  }

  /// What is set by one name cannot be meant for an attack by the same name.
  @Test func noAttackHasAParameterOfTheDefenseAroundIt() throws {
    let own = Set(AdversarialTraining.parameters.map(\.name))
    for entry in AttackCatalog.entries {
      #expect(own.isDisjoint(with: entry.parameters.map(\.name)), "\(entry.name)")
    }
  }

  @Test func aShareIsWrittenAsItWas() throws {
    let plan = try DefensePlan("adversarial:share=0.3:epsilon=0.1", epsilon: nil)
    #expect(plan.description.contains(":share=0.3:"))
    _ = try DefensePlan("wocar:weight=0:epsilon=0.1", epsilon: nil)
  }

  @Test func labelsOfTheStartAreWrittenAndReadAgain() throws {
    let plan = try DefensePlan("sa-dqn:epsilon=0.1:labels=start", epsilon: nil)
    #expect(plan.description.hasSuffix(":labels=start"))
    #expect((try DefensePlan(plan.description, epsilon: nil).loss as? SADQN)?.labels == .start)
  }

  @Test func defensesOfDifferentSeamsCombine() throws {
    let plan = try DefensePlan(
      "adversarial:share=0.5:epsilon=4/255+radial:weight=0..0.5@0.2..0.8+rounding:levels=4+smoothing:sigma=0.05",
      epsilon: Epsilon(0.1))
    let training = try #require(plan.collection as? AdversarialTraining)
    #expect(training.epsilon == Epsilon(4, over: 255) && training.share == 0.5)
    let radial = try #require(plan.loss as? RADIAL)
    #expect(radial.hardness.epsilon == Epsilon(0.1))
    #expect(radial.hardness.weight.value(at: 0.5) == 0.25)
    #expect(plan.inference == [.rounding(levels: 4), .smoothing(sigma: 0.05, samples: 32)])
  }

  @Test(arguments: [
    ("sa-dqn+radial", "sa-dqn and radial both change the loss: choose one"),
    ("adversarial+adversarial", "adversarial and adversarial both change the collection: choose one"),
    ("smoothing+rounding", "rounding cannot follow smoothing"),
    ("sa-dqnn", "no defense \"sa-dqnn\""),
    ("sa-dqn:wait=3", "sa-dqn has no parameter \"wait\""),
    ("sa-dqn:method=ibp", "method is interval, pgd, not \"ibp\""),
    ("sa-dqn:weight", "a parameter is written name=value"),
    ("sa-dqn:weight=1:weight=2", "sa-dqn: weight is set twice, to 1 and to 2"),
    ("radial:weight=1.5", "weight is a share"),
    ("adversarial:attack=fgsn", "fgsn"),
    ("rounding:levels=1", "levels is a whole number from 2 to 256"),
    ("palette:values=1,0", "values is at least two numbers in rising order"),
    ("sa-dqn:warm-up=0..2", "warm-up is a schedule"),
    ("sa-dqn:warm-up=0", "sa-dqn: warm-up is 0 over the whole run"),
    ("adversarial:warm-up=0..0@0.5", "adversarial: warm-up is 0 over the whole run"),
    ("adversarial:share=0", "adversarial: share is a share of the frames, above 0"),
    ("sa-dqn:warm-up=0..1@1..1", "sa-dqn: warm-up is 0 over the whole run"),
    ("radial:weight=0", "radial: weight is 0 over the whole run"),
    ("wocar:weight=0:worst-weight=0", "weight and worst-weight are 0"),
    ("vat:epsilon=0", "vat: epsilon is a size such as 8/255 or 0.03, above 0"),
    (
      "adversarial:epsilon=8",
      "adversarial: epsilon is a size such as 8/255 or 0.03, above 0, where nothing would be hardened, and at most 1"
    ),
    ("adversarial:attack=fgsm+pgd", "adversarial takes one attack"),
    ("adversarial:attack=flip", "flip"), ("sa-dqn:steps=5", "steps"), ("sa-ppo:steps=5", "steps"),
  ])
  func whatIsWrongIsSaid(_ text: String, _ message: String) {
    do {
      _ = try DefensePlan(text, epsilon: Epsilon(0.1))
      Issue.record("\(text) was taken")
    } catch { #expect("\(error)".contains(message), "\(error)") }
  }

  /// A white-box attack on a policy behind a palette is refused, unless it goes straight through; one behind a vote needs an
  /// expectation.
  @Test func hiddenGradientsAreNotTakenForRobustness() throws {
    var random = RandomStream(seed: 1)
    let policy = NetworkPolicy(
      try Network(
        .init(input: [2, 2, 1], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
        initializer: .kaiming, using: &random))
    let threat = ThreatModel(epsilon: Epsilon(0.1))
    let palette = QuantizedPolicy(policy, Palette([0, 0.5, 1]))
    #expect(throws: AttackError.self) { try Attacker("fgsm", against: palette, within: threat) }
    let plan = AttackPlan(try AttackChoice("fgsm"), isStraightThrough: true)
    _ = try Attacker(plan, against: palette, within: threat)

    let voting = SmoothedPolicy(policy, sigma: 0.3, samples: 4)
    let observations = random.tensor([1, 2, 2, 1], in: 0...1)
    func deliver(_ plan: AttackPlan) throws {
      var streams = [RandomStream(seed: 2)]
      _ = try Attacker(plan, against: voting, within: threat).deliver(
        observations, frameChannels: 1, using: &streams, victimRandom: [RandomStream(seed: 3)])
    }
    #expect(throws: AttackError.self) { try deliver(AttackPlan(try AttackChoice("fgsm"))) }
    try deliver(AttackPlan(try AttackChoice("fgsm"), expectation: 4))
  }

  @Test func aSizeIsNeeded() throws {
    #expect(throws: DefenseError.self) { try DefensePlan("sa-dqn", epsilon: nil) }
    _ = try DefensePlan("sa-dqn:epsilon=0.1", epsilon: nil)
    _ = try DefensePlan("rounding", epsilon: nil)
  }
}

import Attacks
import Testing

@testable import Defenses

@Suite struct DefensePlanTests {
  @Test func everySettingIsWrittenAndReadAgain() throws {
    for about in DefenseCatalog.all {
      let plan = try DefensePlan(about.name, epsilon: Epsilon(8, over: 255))
      let again = try DefensePlan(plan.description, epsilon: nil)
      #expect(again.description == plan.description)
      for parameter in about.parameters where !["steps", "attack"].contains(parameter.name) {
        #expect(plan.description.contains("\(parameter.name)="), "\(about.name): \(parameter.name)")
      }
      // One at each seam.
      #expect((plan.collection != nil) == (about.seam == .collection))
      #expect((plan.loss != nil) == (about.seam == .loss))
      #expect(plan.inference.isEmpty == (about.seam != .inference))
    }
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
    ("sa-dqn:wait=3", "sa-dqn has no parameter \"wait\": it has epsilon"),
    ("sa-dqn:method=ibp", "method is interval or pgd, not \"ibp\""),
    ("sa-dqn:weight", "a parameter is written name=value"),
    ("sa-dqn:weight=1:weight=2", "weight is said twice"),
    ("radial:weight=1.5", "weight is a share"),
    ("adversarial:attack=fgsn", "fgsn"),
    ("rounding:levels=1", "levels is a whole number from 2 to 256"),
    ("palette:values=1,0", "values is at least two numbers in rising order"),
    ("sa-dqn:warm-up=0..2", "warm-up is a schedule"),
  ])
  func whatIsWrongIsSaid(_ text: String, _ message: String) {
    do {
      _ = try DefensePlan(text, epsilon: Epsilon(0.1))
      Issue.record("\(text) was taken")
    } catch { #expect("\(error)".contains(message), "\(error)") }
  }

  @Test func aSizeIsNeeded() throws {
    #expect(throws: DefenseError.self) { try DefensePlan("sa-dqn", epsilon: nil) }
    _ = try DefensePlan("sa-dqn:epsilon=0.1", epsilon: nil)
    _ = try DefensePlan("rounding", epsilon: nil)
  }
}

import Attacks
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// What attacks ask of a policy, beside what the catalog says that they do.
@Suite struct PassCountTests {
  private let observations = uniform([6, 3, 3, 2], seed: 3)
  private let threat = ThreatModel(epsilon: Epsilon(0.2), frames: .all)

  /// What the catalog says that an attack costs, where nothing flips before its end.
  @Test(arguments: [
    ("noise", 0, 0), ("fgsm", 1, 1), ("bim:steps=7", 7, 7), ("pgd:steps=7", 8, 7),
    ("pgd:steps=7:restarts=3", 1 + 3 * 8, 21), ("mifgsm:steps=7", 7, 7), ("adam:steps=7", 8, 7),
    ("apgd:steps=7", 9, 8), ("jsma:entries=7", 9, 14), ("minimal-epsilon:steps=7", 8, 7),
    ("spsa:steps=7:samples=5", 77, 0), ("nes:steps=7:samples=5", 77, 0), ("square:queries=7", 9, 0),
    ("mad:steps=7", 8, 8), ("mad:steps=7:restarts=2", 8 + 9, 15), ("worst-action:steps=7", 8, 7),
    ("multitargeted:steps=7", 1 + 2 * 8, 14), ("multitargeted:steps=7:restarts=2", 1 + 4 * 8, 28),
    ("fgsm+bim:steps=7", 1 + 1 + 6 + 1, 8),
  ])
  func passesAreCounted(_ attack: String, _ forward: Int, _ backward: Int) throws {
    let threat = ThreatModel(epsilon: Epsilon(1e-7))
    var random = streams(6)
    let delivery = try Attacker(attack, against: tanhPolicy(), within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    #expect(Set(delivery.passes) == [Passes(forward: forward, backward: backward)])
  }

  /// The same of attacks that look beyond epsilon, which end where they find something.
  @Test func passesOfSearchesAreCounted() throws {
    func passes(_ attack: String) throws -> [Passes] {
      var random = streams(6)
      return try Attacker(attack, against: tanhPolicy(), within: ThreatModel(epsilon: Epsilon(1e-7)))
        .deliver(observations, frameChannels: 2, using: &random).passes
    }
    for own in try passes("deepfool:steps=7") {
      #expect((3...9).contains(own.forward) && own.backward == 2 * min(own.forward - 1, 7))
    }
    for own in try passes("cw:steps=20:searches=2") {
      #expect([41, 51].contains(own.forward) && own.backward == 40)
    }
  }

  /// What is flipped already starts no further search.
  @Test func restartsWorkOnWhatIsLeft() throws {
    var random = streams(6)
    let delivery = try Attacker("pgd:steps=5:restarts=4", against: tanhPolicy(), within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let found = try tanhPolicy().scores(for: delivery.observations).argmax()
    for row in 0..<6 {
      let isFlipped = found[row] != delivery.cleanActions[row]
      #expect(delivery.passes[row].backward.isMultiple(of: 5))
      if !isFlipped { #expect(delivery.passes[row].backward == 20) }
    }
    #expect(delivery.passes.contains { $0.backward < 20 })
  }
}

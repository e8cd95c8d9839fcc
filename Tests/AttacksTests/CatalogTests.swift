import Attacks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// What holds for every attack of the catalog.
@Suite struct CatalogTests {
  private let observations = uniform([6, 5, 5, 4], seed: 3)

  /// An attack under a norm, with its parameters small enough for a test.
  struct Case: CustomTestStringConvertible {
    let attack: String
    let norm: ThreatModel.Norm
    var testDescription: String { "\(attack), \(norm)" }

    static let all = AttackCatalog.names.flatMap { name in
      ThreatModel.Norm.allCases.map { Case(attack: quick[name].map { "\(name):\($0)" } ?? name, norm: $0) }
    }

    private static let quick = [
      "pgd": "restarts=2", "apgd": "steps=12:restarts=2", "cw": "steps=10:searches=2",
      "minimal-epsilon": "steps=3:bisections=3", "spsa": "steps=3:samples=4", "nes": "steps=3:samples=4",
      "square": "queries=20", "hopskipjump": "iterations=2:samples=6:attempts=5", "universal": "steps=5",
      "robust-sarsa": "updates=5:steps=5", "jsma": "entries=5", "flip": "rate=0.5",
    ]

    /// What an attack of this norm may do to an observation of 100 entries.
    func threat(_ size: Float = 0.06) -> ThreatModel {
      let scale: Float = norm == .max ? 1 : norm == .l2 ? 8 : 50
      return ThreatModel(norm: norm, epsilon: Epsilon(Double(size * scale)), frames: .all)
    }

    func attacker(_ victim: any Policy, _ threat: ThreatModel) throws -> Attacker {
      try Attacker(AttackPlan(attack), against: victim, within: threat, learningFrom: Self.experience)
    }

    /// Twenty steps of an episode of observations that look like the tests'.
    private static let experience = Experience(
      observations: uniform([20, 5, 5, 4], seed: 31), actions: (0..<20).map { $0 % 2 },
      rewards: (0..<20).map { Float($0 % 3) }, successors: (0..<20).map { $0 < 19 ? $0 + 1 : nil },
      hasTerminated: (0..<20).map { $0 == 19 }, frameChannels: 2)
  }

  private func victim(actions: Int = 3) throws -> ActionValuePolicy {
    ActionValuePolicy(
      try network(
        [
          .convolution(filters: 6, kernel: 3, activation: .tanh), .flatten,
          .dense(outputs: actions, activation: .identity),
        ], input: [5, 5, 4]))
  }

  @Test(arguments: Case.all)
  func deliversWithinTheThreatModel(_ attack: Case) throws {
    for (region, frames, isQuantized) in [
      (Region.all, ThreatModel.Frames.newest, false),
      (.rectangle(top: 1, left: 0, height: 3, width: 2), .all, true),
      (.rectangle(top: 1, left: 0, height: 3, width: 2), .newest, false),
    ] {
      var threat = attack.threat()
      (threat.frames, threat.region, threat.isQuantized) = (frames, region, isQuantized)
      var random = streams(6)
      let delivery = try attack.attacker(victim(), threat)
        .deliver(observations, frameChannels: 2, using: &random)
      for (index, (new, old)) in zip(delivery.observations.elements, observations.elements).enumerated() {
        let (row, column, channel) = (index / 20 % 5, index / 4 % 5, index % 4)
        #expect((0...1).contains(new))
        if frames == .newest, channel < 2 { #expect(new == old) }
        if region != .all, !(1..<4).contains(row) || column > 1 { #expect(new == old) }
      }
      let difference = (delivery.observations - observations).elements
      for row in 0..<6 {
        let own = difference[(row * 100)..<(row * 100 + 100)].map(Double.init)
        let size =
          switch attack.norm {
          case .max: own.map(abs).max()!
          case .l2: own.reduce(0) { $0 + $1 * $1 }.squareRoot()
          case .l1: own.reduce(0) { $0 + abs($1) }
          }
        #expect(size <= Double(threat.budget) * (1 + 1e-5) + 1e-6)
        #expect(abs(size - Double(delivery.sizes[row])) < 1e-4)
      }
    }
  }

  @Test(arguments: Case.all)
  func epsilonZeroDeliversTheSameBits(_ attack: Case) throws {
    var random = streams(6)
    let delivery = try attack.attacker(victim(), attack.threat(0))
      .deliver(observations, frameChannels: 4, using: &random)
    #expect(delivery.observations.elements.map(\.bitPattern) == observations.elements.map(\.bitPattern))
    #expect(delivery.sizes.allSatisfy { $0 == 0 })
    #expect(delivery.isFlipped.allSatisfy { !$0 })
  }

  @Test(arguments: Case.all)
  func doesNotDependOnTheRestOfTheBatch(_ attack: Case) throws {
    let attacker = try attack.attacker(victim(), attack.threat())
    var all = streams(6)
    var one = [streams(6)[4]]
    let together = try attacker.deliver(observations, frameChannels: 4, using: &all)
    let alone = try attacker.deliver(observations.rows(at: [4]), frameChannels: 4, using: &one)
    // The last bit of a gradient depends on how many rows a matrix product has.
    #expect(relativeError(together.observations.rows(at: [4]), alone.observations) < 1e-4)
    #expect(together.passes[4] == alone.passes[0])
    #expect(all[4] == one[0])
  }

  /// Nothing in an attack needs a third action, and every attack but the controls finds one of two.
  @Test(arguments: Case.all)
  func twoActionsSuffice(_ attack: Case) throws {
    var random = streams(6)
    let policy = try victim(actions: 2)
    let delivery = try attack.attacker(policy, attack.threat(0.3))
      .deliver(observations, frameChannels: 4, using: &random)
    #expect(delivery.observations.elements.allSatisfy { $0.isFinite })
    let isControl = ["noise", "flip", "critic", "robust-sarsa", "universal"].contains {
      attack.attack.hasPrefix($0)
    }
    if attack.norm == .max, !isControl {
      var memory = Memory()
      var none: [RandomStream] = []
      let actions = policy.act(on: delivery.observations, memory: &memory, using: &none)
      #expect(zip(actions, delivery.cleanActions).contains { $0 != $1 })
    }
  }

  /// By what their sources ask of the victim.
  @Test func needsAreThoseOfTheSources() {
    func names(_ needs: Knowledge) -> [String] {
      AttackCatalog.entries.filter { $0.about.needs == needs }.map(\.name)
    }
    #expect(names(.nothing) == ["noise", "flip"])
    #expect(names(.actions) == ["hopskipjump"])
    #expect(names(.scores) == ["spsa", "nes", "square"])
    #expect(
      names(.weights) == [
        "fgsm", "bim", "pgd", "mifgsm", "adam", "apgd", "cw", "deepfool", "jsma", "minimal-epsilon",
        "boundary", "multitargeted", "universal", "mad", "critic", "robust-sarsa", "worst-action",
      ])
  }

  /// The knowledge that an attack says it needs is what its victim's type has to give, and who needs none
  /// asks nothing.
  @Test(arguments: Case.all.filter { $0.norm == .max })
  func victimsGiveWhatIsNeeded(_ attack: Case) throws {
    let needs = try AttackCatalog.entry(String(attack.attack.prefix { $0 != ":" })).about.needs
    let base = try victim().base
    for (known, victim) in [
      (Knowledge.actions, ActionsOnlyPolicy(base: base) as any Policy), (.scores, OpaquePolicy(base: base)),
    ] {
      let attacker = { try attack.attacker(victim, attack.threat()) }
      if known < needs {
        #expect(throws: AttackError.self) { try attacker() }
      } else {
        var random = streams(6)
        let passes = try attacker().deliver(observations, frameChannels: 4, using: &random).passes
        #expect(passes.allSatisfy { ($0 == Passes()) == (needs == .nothing) && $0.backward == 0 })
      }
    }
  }

  /// Less than it needs is refused by the threat model, whatever the victim gives.
  @Test(arguments: AttackCatalog.entries.map(\.name))
  func knowledgeIsHeldTo(_ name: String) throws {
    let needs = try AttackCatalog.entry(name).about.needs
    for knowledge in Knowledge.allCases {
      var threat = ThreatModel(epsilon: Epsilon(0.1), frames: .all)
      threat.knowledge = knowledge
      let attacker = { try Case(attack: name, norm: .max).attacker(try victim(), threat) }
      if knowledge < needs {
        #expect(throws: AttackError.self) { try attacker() }
      } else {
        _ = try attacker()
      }
    }
  }
}

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
    static let experience = experience(times: 1)

    static func experience(times factor: Float) -> Experience {
      Experience(
        observations: uniform([20, 5, 5, 4], seed: 31) * factor, actions: (0..<20).map { $0 % 2 },
        rewards: (0..<20).map { Float($0 % 3) }, successors: (0..<20).map { $0 < 19 ? $0 + 1 : nil },
        hasTerminated: (0..<20).map { $0 == 19 }, frameChannels: 2)
    }
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

  /// Also where others of the batch are flipped, and left, before it.
  @Test(
    arguments: Case.all.map { ($0, Float(0.06)) }
      + ["bim", "mifgsm", "pgd", "adam"].map {
        (Case(attack: "\($0):early-stop=yes", norm: .max), Float(0.2))
      })
  func doesNotDependOnTheRestOfTheBatch(_ attack: Case, _ size: Float) throws {
    let attacker = try attack.attacker(victim(), attack.threat(size))
    var all = streams(6)
    let together = try attacker.deliver(observations, frameChannels: 4, using: &all)
    for row in 0..<6 {
      var one = [streams(6)[row]]
      let alone = try attacker.deliver(observations.rows(at: [row]), frameChannels: 4, using: &one)
      // The last bit of a gradient depends on how many rows a matrix product has.
      #expect(relativeError(together.observations.rows(at: [row]), alone.observations) < 1e-4)
      #expect(together.passes[row] == alone.passes[0])
      #expect(all[row] == one[0])
    }
  }

  /// Some of a batch are attacked as they would be alone, and those are charged for it.
  @Test(arguments: Case.all)
  func someOfABatchAreAttackedAsTheyWouldBeAlone(_ attack: Case) throws {
    var plan = try AttackPlan(attack.attack)
    plan.timing = .every(2)
    let attacker = try Attacker(
      plan, against: victim(), within: attack.threat(), learningFrom: Case.experience)
    // Every second one has had a frame, which was attacked.
    let (fresh, tired) = ([0, 2, 4], [1, 3, 5])
    var (tiredTurns, tiredStreams) = (tired.map { _ in Turn() }, tired.map { streams(6)[$0] })
    _ = try attacker.deliver(
      observations.rows(at: tired), frameChannels: 4, turns: &tiredTurns, using: &tiredStreams)
    var turns = (0..<6).map { $0.isMultiple(of: 2) ? Turn() : tiredTurns[$0 / 2] }
    var (all, alone) = (streams(6), fresh.map { streams(6)[$0] })
    let together = try attacker.deliver(observations, frameChannels: 4, turns: &turns, using: &all)
    let own = try attacker.deliver(observations.rows(at: fresh), frameChannels: 4, using: &alone)
    #expect(together.isAttacked == [true, false, true, false, true, false])
    #expect(relativeError(together.observations.rows(at: fresh), own.observations) < 1e-4)
    #expect(together.observations.rows(at: tired) == observations.rows(at: tired))
    #expect(fresh.map { all[$0] } == alone)
    // The clean pass of all has no gradient for some: those who start there ask once more.
    for (row, passes) in zip(fresh, own.passes) {
      #expect(
        together.passes[row].backward == passes.backward && together.passes[row].forward >= passes.forward)
    }
    for row in tired { #expect(together.passes[row] == Passes()) }
  }

  /// Sizes are shares of the range: observations four times as large, seen by a policy that divides by four, are attacked alike. But
  /// Carlini and Wagner weigh distances against scores, and what Robust Sarsa learns depends on what it is shown.
  @Test(arguments: Case.all.filter { !$0.attack.hasPrefix("cw") && !$0.attack.hasPrefix("robust-sarsa") })
  func sizesAreInUnitsOfTheRange(_ attack: Case) throws {
    func found(_ factor: Float) throws -> (observations: Tensor, passes: [Passes]) {
      var base = try victim().base
      base.network.parameters[0] = base.network.parameters[0] * (1 / factor)
      var threat = attack.threat(0.2)
      threat.range = 0...factor
      var random = streams(6)
      let attacker = try Attacker(
        AttackPlan(attack.attack), against: ActionValuePolicy(base), within: threat,
        learningFrom: Case.experience(times: factor))
      let delivery = try attacker.deliver(observations * factor, frameChannels: 4, using: &random)
      return (delivery.observations * (1 / factor), delivery.passes)
    }
    let (usual, larger) = (try found(1), try found(4))
    #expect(relativeError(larger.observations, usual.observations) < 1e-3)
    #expect(larger.passes == usual.passes)
  }

  /// Nobody is shown what the range does not hold, whatever it is that an attack wants to know.
  @Test(arguments: Case.all)
  func nothingBeyondTheRangeIsAsked(_ attack: Case) throws {
    // Critics have a network of their own.
    guard !attack.attack.hasPrefix("critic") else { return }
    let watched = WatchedPolicy(try victim().base)
    var random = streams(6)
    _ = try attack.attacker(watched, attack.threat(0.4))
      .deliver(observations.sign(), frameChannels: 4, using: &random)
    #expect(watched.asked.allSatisfy { $0.elements.allSatisfy { (0...1).contains($0) } })
  }

  /// What can be set of an attack does something: another value asks or delivers something else.
  @Test(
    arguments: AttackCatalog.entries.flatMap { entry in entry.parameters.map { "\(entry.name) \($0.name)" } })
  func everyParameterPlaysAPart(_ name: String) throws {
    let (attack, parameter) = (
      String(name.prefix { $0 != " " }), String(name.drop { $0 != " " }.dropFirst())
    )
    // A file that somebody has learned, and what Robust Sarsa's values are made of: tests of their own.
    if ["file", "updates", "discount", "smoothness"].contains(parameter) { return }
    let values = try #require(
      Self.values["\(attack) \(parameter)"] ?? Self.values[parameter], "\(name): no values")
    // More actions than some of the values allow to look at.
    let policy = try victim(actions: 6)
    let results = try [values.0, values.1].map { value in
      let settings = (Self.small[attack] ?? [:]).merging([parameter: value]) { $1 }
      let text = ([attack] + settings.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }).joined(separator: ":")
      let one = Case(attack: text, norm: parameter == "fill" ? .l1 : .max)
      var random = streams(6)
      let delivery = try one.attacker(policy, one.threat(Self.sizes[attack] ?? 0.3))
        .deliver(observations, frameChannels: 4, using: &random)
      return (delivery.observations.elements.map(\.bitPattern), delivery.isFlipped, delivery.passes)
    }
    let isSame = results[0] == results[1]
    #expect(!isSame)
  }

  /// Two values of each parameter that have to make a difference.
  private static let values = [
    "distribution": ("uniform", "sign"), "rate": ("0.1", "0.9"), "loss": ("cross-entropy", "margin"),
    "fill": ("no", "yes"), "steps": ("3", "5"), "step-size": ("0.01", "0.05"), "early-stop": ("no", "yes"),
    "restarts": ("1", "3"), "random-start": ("yes", "no"), "momentum": ("1", "0.2"), "searches": ("1", "3"),
    "cw rate": ("0.015", "0.1"), "constant": ("0.01", "1"), "confidence": ("0", "2"),
    "candidates": ("1", "4"),
    "overshoot": ("0.02", "0.5"), "entries": ("2", "5"), "bisections": ("2", "5"), "samples": ("3", "6"),
    "delta": ("0.01", "0.2"), "deviation": ("0.001", "0.2"), "queries": ("5", "30"), "p": ("0.8", "0.1"),
    "iterations": ("1", "3"), "attempts": ("1", "50"), "rounds": ("1", "4"), "batch": ("2", "20"),
    "deepfool steps": ("1", "5"),
  ]

  /// So small that not all is found at the first start.
  private static let sizes: [String: Float] = ["boundary": 0.03, "multitargeted": 0.03]

  /// What else is set, so that the test is quick and the parameter has something to act on.
  private static let small = [
    "cw": ["steps": "20", "searches": "3", "rate": "0.1"],
    "minimal-epsilon": ["steps": "3", "bisections": "3"],
    "spsa": ["steps": "3", "samples": "4"], "nes": ["steps": "3", "samples": "4"],
    "square": ["queries": "30"],
    "hopskipjump": ["iterations": "3", "samples": "6", "attempts": "50", "early-stop": "no"],
    "apgd": ["steps": "12", "early-stop": "no"], "universal": ["steps": "5"],
    "robust-sarsa": ["updates": "5", "steps": "5"],
  ]

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

import Policies

/// An attack of the catalog with its parameters, as a person writes it: `pgd`, `pgd:steps=20:restarts=5`; several joined
/// by `+` are the strongest of them for each frame.
public struct AttackChoice: Hashable, Sendable {
  /// One attack with what is set; two are the same when they are written alike.
  private struct Part: Hashable, Sendable {
    let entry: AttackCatalog.Entry
    let settings: [ParameterSetting]
    let recipe: AttackCatalog.Recipe

    init(_ name: String, _ settings: [ParameterSetting] = []) throws(AttackError) {
      entry = try AttackCatalog.entry(name)
      recipe = try entry.recipe(settings)
      self.settings = settings
      try ParameterSetting.checkEachIsSetOnce(settings, of: name)
    }

    init<Attack: AttackRecipe>(_ type: Attack.Type) {
      entry = AttackCatalog.Entry(type)
      recipe = AttackCatalog.Recipe(Attack())
      settings = []
    }

    var name: String { entry.name }

    func takes(_ parameter: String) -> Bool { entry.parameters.contains { $0.name == parameter } }

    static func == (left: Part, right: Part) -> Bool {
      left.name == right.name && left.settings == right.settings
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(name)
      hasher.combine(settings)
    }
  }

  private var parts: [Part]

  /// Reads a choice.
  /// - Throws: ``AttackError`` that names the attack or the parameter that does not exist.
  public init(_ text: String) throws(AttackError) {
    parts = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let (name, settings) = try ParameterSetting.read(part)
      parts.append(try Part(name, settings))
    }
  }

  /// An attack as it is where nothing is set.
  package init(_ type: (some AttackRecipe).Type) { parts = [Part(type)] }

  /// The choice with one more parameter set.
  /// - Throws: ``AttackError`` when none of the attacks has it, or the text is no value of it.
  public func setting(_ name: String, to value: String) throws(AttackError) -> AttackChoice {
    var choice = self
    var isKnown = false
    for (index, part) in parts.enumerated() where part.takes(name) || parts.count == 1 {
      isKnown = true
      choice.parts[index] = try Part(part.name, part.settings + [ParameterSetting(name, value)])
    }
    guard isKnown else {
      throw AttackError("none of \(parts.map(\.name).joined(separator: ", ")) has a parameter \"\(name)\"")
    }
    return choice
  }

  /// Whether one of its parts has a parameter.
  public func takes(_ name: String) -> Bool {
    parts.contains { $0.takes(name) }
  }

  /// What people are told of its parts.
  public var about: [AboutAttack] { parts.map(\.entry.about) }

  /// The names of its parts joined by `+`, without what is set.
  var joinedNames: String { parts.map(\.name).joined(separator: "+") }

  /// The most that a part must know; of several something, to tell which is the strongest.
  public var needs: Knowledge {
    max(parts.map(\.recipe.needs).max() ?? .nothing, parts.count > 1 ? .actions : .nothing)
  }

  /// The same with an attack that needs gradients at once in the place of each part that learns: what can be tried without a
  /// lesson.
  public func unlearned() throws(AttackError) -> AttackChoice {
    var choice = self
    for (index, part) in parts.enumerated() where part.recipe.learns {
      choice.parts[index] = try Part(FGSM.about.name)
    }
    return choice
  }

  /// Whether a part learns from its victim's experience before it attacks.
  public var learns: Bool { parts.contains(where: \.recipe.learns) }

  /// The attack against a victim.
  /// - Parameters:
  ///   - knowledge: what may be known of the victim.
  ///   - lesson: what attacks learn from that learn.
  /// - Throws: ``AttackError`` when the victim does not give what an attack needs, or an attack on actions is one of several.
  func against(_ victim: any Policy, knowing knowledge: Knowledge, learningFrom lesson: Lesson?) throws
    -> any Attack
  {
    let attacks = try parts.map { part -> any Attack in
      if let attack = try part.recipe.against(victim, lesson) { return attack }
      let known: Knowledge =
        victim is any DifferentiablePolicy ? .weights : victim is any ScoringPolicy ? .scores : .actions
      let others = AttackCatalog.names(knowing: known, values: victim is any ValuingPolicy)
      throw AttackError(
        "the attack \"\(part.name)\" needs \(part.entry.about.access), which this policy does not give; "
          + "these would work: \(others.joined(separator: ", "))")
    }
    if attacks.count == 1 { return attacks[0] }
    if let index = attacks.firstIndex(where: { $0 is ActionFlips }) {
      throw AttackError(
        "the attack \"\(parts[index].name)\" changes actions and no observation: it cannot be one of several")
    }
    return Strongest(of: attacks, against: victim, knowing: knowledge)
  }
}

extension AttackChoice: CustomStringConvertible {
  /// As it is written, with what is set otherwise than usual: the same attack has one text.
  public var description: String {
    parts.map { ([$0.name] + $0.recipe.settings).joined(separator: ":") }.joined(separator: "+")
  }
}

extension AboutAttack {
  /// What it needs of a victim, for people.
  public var access: String {
    let knowledge =
      switch needs {
      case .nothing: "nothing"
      case .actions: "actions"
      case .scores: "scores"
      case .weights: "gradients"
      }
    return needsValues ? "\(knowledge), values" : knowledge
  }
}

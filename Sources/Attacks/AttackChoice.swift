import Policies

/// An attack of the catalog with its parameters, as a person writes it: `pgd`, `pgd:steps=20:restarts=5`; several joined
/// by `+` are the strongest of them for each frame.
public struct AttackChoice: Hashable, Sendable {
  /// A parameter and its value.
  struct Setting: Hashable, Sendable {
    let name: String
    let value: String
  }

  private struct Part: Hashable, Sendable {
    let name: String
    var settings: [Setting]
  }

  private var parts: [Part]

  /// Reads a choice.
  /// - Throws: ``AttackError`` that names the attack or the parameter that does not exist.
  public init(_ text: String) throws(AttackError) {
    parts = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let words = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      var settings: [Setting] = []
      for word in words.dropFirst() {
        let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
          String.init)
        guard sides.count == 2 else {
          throw AttackError("\"\(part)\": a parameter is written name=value, not \"\(word)\"")
        }
        settings.append(Setting(name: sides[0], value: sides[1]))
      }
      parts.append(Part(name: words[0], settings: settings))
    }
    try check()
  }

  /// The choice with one more parameter set.
  /// - Throws: ``AttackError`` when none of the attacks has it, or the text is no value of it.
  public func setting(_ name: String, to value: String) throws(AttackError) -> AttackChoice {
    var choice = self
    var isKnown = false
    for index in parts.indices {
      let known = try AttackCatalog.entry(parts[index].name).parameters
      guard known.contains(where: { $0.name == name }) || parts.count == 1 else { continue }
      isKnown = true
      choice.parts[index].settings.append(Setting(name: name, value: value))
    }
    guard isKnown else {
      throw AttackError("none of \(parts.map(\.name).joined(separator: ", ")) has a parameter \"\(name)\"")
    }
    try choice.check()
    return choice
  }

  /// Whether one of its parts has a parameter.
  public func takes(_ name: String) -> Bool {
    parts.contains { part in
      AttackCatalog.entries.first { $0.name == part.name }?.parameters.contains { $0.name == name } ?? false
    }
  }

  private func check() throws(AttackError) {
    for part in parts {
      _ = try AttackCatalog.entry(part.name).recipe(part.settings)
      for (index, setting) in part.settings.enumerated() {
        guard let earlier = part.settings[..<index].first(where: { $0.name == setting.name }) else {
          continue
        }
        throw AttackError(
          "\(part.name): \(setting.name) is set twice, to \(earlier.value) and to \(setting.value)")
      }
    }
  }

  /// What people are told of its parts.
  public var about: [AboutAttack] {
    parts.compactMap { part in AttackCatalog.entries.first { $0.name == part.name }?.about }
  }

  private var recipes: [AttackCatalog.Recipe] {
    parts.compactMap { part in
      // Checked when the choice was made.
      try? AttackCatalog.entry(part.name).recipe(part.settings)
    }
  }

  /// The names of its parts, without what is set.
  var names: String { parts.map(\.name).joined(separator: "+") }

  /// The most that a part must know; of several something, to tell which is the strongest.
  public var needs: Knowledge {
    max(recipes.map(\.needs).max() ?? .nothing, parts.count > 1 ? .actions : .nothing)
  }

  /// The same with an attack that needs gradients at once in the place of each part that learns: what can be tried without a
  /// lesson.
  public var unlearned: AttackChoice {
    var choice = self
    for index in parts.indices where recipes[index].learns {
      choice.parts[index] = Part(name: FGSM.about.name, settings: [])
    }
    return choice
  }

  /// Whether a part learns from its victim's experience before it attacks.
  public var learns: Bool { recipes.contains(where: \.learns) }

  /// The attack against a victim.
  /// - Parameters:
  ///   - knowledge: what may be known of the victim.
  ///   - lesson: what attacks learn from that learn.
  /// - Throws: ``AttackError`` when the victim does not give what an attack needs, or an attack on actions is one of several.
  func against(_ victim: any Policy, knowing knowledge: Knowledge, learningFrom lesson: Lesson?) throws
    -> any Attack
  {
    let attacks = try parts.map { part -> any Attack in
      let entry = try AttackCatalog.entry(part.name)
      if let attack = try entry.recipe(part.settings).against(victim, lesson) { return attack }
      let known: Knowledge =
        victim is any DifferentiablePolicy ? .weights : victim is any ScoringPolicy ? .scores : .actions
      let others = AttackCatalog.names(knowing: known, values: victim is any ValuingPolicy)
      throw AttackError(
        "the attack \"\(part.name)\" needs \(entry.about.access), which this policy does not give; "
          + "these would work: \(others.joined(separator: ", "))")
    }
    if attacks.count == 1 { return attacks[0] }
    if let index = attacks.firstIndex(where: { $0 is any ActionAttack }) {
      throw AttackError(
        "the attack \"\(parts[index].name)\" changes actions and no observation: it cannot be one of several")
    }
    return Strongest(of: attacks, against: victim, knowing: knowledge)
  }
}

extension AttackChoice: CustomStringConvertible {
  /// As it is written, with what is set otherwise than usual: the same attack has one text.
  public var description: String {
    parts.map { part in
      let settings = (try? AttackCatalog.entry(part.name).recipe(part.settings).settings) ?? []
      return ([part.name] + settings).joined(separator: ":")
    }.joined(separator: "+")
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

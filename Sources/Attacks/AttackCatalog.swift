import Policies

/// The attacks by the names under which people ask for them.
public enum AttackCatalog {
  /// One attack of the catalog.
  public struct Entry: Sendable {
    /// What people are told of it.
    public let about: AboutAttack
    /// What can be set, by name.
    public let parameters: [AboutParameter]
    /// The recipe with some parameters set.
    let recipe: @Sendable (_ settings: [ParameterSetting]) throws(AttackError) -> Recipe

    /// The name in commands.
    public var name: String { about.name }

    init<Attack: AttackRecipe>(_ type: Attack.Type) {
      about = Attack.about
      parameters = Attack.parameters.map { $0.about(Attack()) }
      recipe = { settings throws(AttackError) in
        var recipe = Attack()
        for setting in settings {
          try Parameter.set(setting, among: Attack.parameters, of: &recipe, named: Attack.about.name)
        }
        return Recipe(recipe)
      }
    }
  }

  /// A recipe without its type.
  struct Recipe: Sendable {
    /// What is set otherwise than usual, as it is written.
    let settings: [String]
    /// What it must know of its victim as it is set.
    let needs: Knowledge
    /// Whether it learns before it attacks.
    let learns: Bool
    /// The attack against a victim; nil when the victim does not give the access.
    let against: @Sendable (any Policy, Lesson?) throws -> (any Attack)?

    init<Attack: AttackRecipe>(_ recipe: Attack) {
      (settings, needs, learns) = (recipe.settings, recipe.needs, recipe.learns)
      against = { victim, lesson in
        guard let victim = victim as? Attack.Access else { return nil }
        return try recipe.against(victim, learningFrom: lesson)
      }
    }
  }

  /// All attacks, in the order in which they are listed. A new attack is a file and a line here.
  public static let entries: [Entry] = [
    Entry(Noise.self), Entry(ActionFlips.self), Entry(FGSM.self), Entry(BIM.self), Entry(PGD.self),
    Entry(MIFGSM.self), Entry(AdamPGD.self), Entry(AutoPGD.self), Entry(CarliniWagner.self),
    Entry(DeepFool.self),
    Entry(JSMA.self), Entry(MinimalEpsilon.self), Entry(SPSA.self), Entry(NES.self), Entry(Square.self),
    Entry(HopSkipJump.self), Entry(BoundarySteps.self), Entry(MultiTargeted.self), Entry(Universal.self),
    Entry(MAD.self), Entry(CriticAttack.self), Entry(RobustSarsa.self), Entry(WorstAction.self),
  ]

  /// The names of all attacks.
  public static var names: [String] { entries.map(\.name) }

  /// The attack of a name.
  /// - Throws: ``AttackError`` when there is none.
  public static func entry(_ name: String) throws(AttackError) -> Entry {
    guard let entry = entries.first(where: { $0.name == name }) else { throw AttackError.unknown(name) }
    return entry
  }

  /// The names of those that need no more than some knowledge, and no values unless they are there.
  static func names(knowing knowledge: Knowledge, values: Bool) -> [String] {
    entries.filter { $0.about.needs <= knowledge && (values || !$0.about.needsValues) }.map(\.name)
  }
}

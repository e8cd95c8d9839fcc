import Policies

/// The attacks by the names under which people ask for them.
public enum AttackCatalog {
  /// One attack of the catalog.
  public struct Entry: Sendable {
    /// The name in commands.
    public let name: String
    /// What it needs of the victim: nothing, actions, scores, gradients.
    public let access: String
    /// Passes through the victim for each frame, beside the one that decides.
    public let cost: String
    /// One line for people.
    public let summary: String
    /// The attack against a victim; nil when the victim does not give the access.
    let bind: @Sendable (any Policy) throws -> (any Attack)?
  }

  /// All attacks, sorted by name. A new attack is a file and a line here.
  public static let entries: [Entry] = [
    entry("fgsm", FGSM(), "gradients", "1 forward, 1 backward", "one step along the sign of the gradient"),
    entry("noise", UniformNoise(), "nothing", "none", "uniform noise of the same norm: the control"),
  ]

  /// The names of all attacks.
  public static var names: [String] { entries.map(\.name) }

  /// The attack of a name, bound to a victim.
  /// - Throws: ``AttackError`` when there is none of that name, or the victim does not give what it needs.
  public static func attack(_ name: String, against victim: any Policy) throws -> any Attack {
    guard let entry = entries.first(where: { $0.name == name }) else { throw AttackError.unknown(name) }
    if let attack = try entry.bind(victim) { return attack }
    let others = try entries.filter { try $0.bind(victim) != nil }.map(\.name)
    throw AttackError(
      "the attack \"\(name)\" needs \(entry.access), which this policy does not give; "
        + "these would work: \(others.joined(separator: ", "))")
  }

  private static func entry<Recipe: AttackRecipe>(
    _ name: String, _ recipe: Recipe, _ access: String, _ cost: String, _ summary: String
  ) -> Entry {
    Entry(name: name, access: access, cost: cost, summary: summary) { victim in
      guard let victim = victim as? Recipe.Access else { return nil }
      return try recipe.against(victim)
    }
  }
}

import Agents
import Attacks
import Environments
import Policies

/// The defenses by the names under which people ask for them. A new one is a file and a line here.
public enum DefenseCatalog {
  enum Value {
    case collection(any CollectionDefense)
    case loss(any LossDefenseRecipe)
    case inference(InferenceDefense)
  }

  struct Entry: Sendable {
    let about: AboutDefense
    /// The defense with some parameters set, and how it is then written.
    let make:
      @Sendable (_ settings: [ParameterSetting]) throws(DefenseError) -> (value: Value, settings: [String])

    init<Defense: NamedDefense>(_ type: Defense.Type, _ value: @escaping @Sendable (Defense) -> Value) {
      about = Defense.about
      make = { settings throws(DefenseError) in
        var defense = Defense()
        try defense.set(settings)
        if let fault = defense.fault { throw DefenseError("\(Defense.about.name): \(fault)") }
        return (value(defense), defense.settings)
      }
    }

    /// Whether it has a size, which has to be set.
    var hasSize: Bool { about.parameters.contains { $0.name == "epsilon" } }
  }

  static let entries: [Entry] = [
    Entry(AdversarialTraining.self) { .collection($0) }, Entry(SADQN.self) { .loss($0) },
    Entry(SAPPO.self) { .loss($0) }, Entry(RADIAL.self) { .loss($0) }, Entry(WocaR.self) { .loss($0) },
    Entry(VirtualAdversarialTraining.self) { .loss($0) },
    Entry(RoundingDefense.self) { .inference($0.value) }, Entry(PaletteDefense.self) { .inference($0.value) },
    Entry(SmoothingDefense.self) { .inference($0.value) },
  ]

  /// What people are told of each.
  public static var all: [AboutDefense] { entries.map(\.about) }

  static func entry(_ name: String) throws(DefenseError) -> Entry {
    guard let entry = entries.first(where: { $0.about.name == name }) else {
      throw DefenseError(
        "no defense \"\(name)\"\(NearestNames.hint(for: name, among: entries.map(\.about.name)))")
    }
    return entry
  }
}

import Agents
import Attacks
import Environments
import Policies

/// The defenses of a training run, at most one at each of the first two seams: what the agent experiences, what it learns, and
/// how the trained policy looks at a frame.
public struct DefensePlan: Sendable {
  /// What changes the experience.
  public private(set) var collection: (any CollectionDefense)?
  /// What changes the loss.
  public private(set) var loss: (any LossDefense)?
  /// What the trained policy does with each observation, in this order.
  public private(set) var inference: [InferenceDefense] = []
  /// Whether any of them takes its size from the one that stands where none is said.
  public private(set) var usesCommonEpsilon = false
  /// The plan as it is written, every setting said.
  public private(set) var description = ""

  /// Reads a plan: `sa-dqn`, `adversarial:attack=pgd:share=0.5+radial`.
  ///
  /// - Parameters:
  ///   - text: defenses joined by `+`, each a name with its parameters.
  ///   - epsilon: the size for those that say none.
  /// - Throws: ``DefenseError`` for a name or a parameter that does not exist, and for defenses that exclude one another.
  public init(_ text: String, epsilon: Epsilon?) throws(DefenseError) {
    var names: [String] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      var settings = try DefenseSettings(part)
      if names.last == "adversarial", (try? DefenseCatalog.entry(settings.name)) == nil,
        (try? AttackChoice(settings.name)) != nil
      {
        throw DefenseError("adversarial takes one attack: + joins defenses, and \(settings.name) is none")
      }
      let entry = try DefenseCatalog.entry(settings.name)
      if entry.about.parameters.contains(where: { $0.name == "epsilon" }), !settings.says("epsilon") {
        usesCommonEpsilon = true
      }
      let defense = try entry.make(&settings, epsilon)
      try settings.finish(known: entry.about.parameters)
      let written = ([settings.name] + defense.settings).joined(separator: ":")
      switch defense.value {
      case .collection(let value):
        guard collection == nil else { throw .twice(names, settings.name, .collection) }
        collection = value
      case .loss(let value):
        guard loss == nil else { throw .twice(names, settings.name, .loss) }
        loss = value
      case .inference(let value):
        if let last = inference.last, !value.follows(last) {
          throw DefenseError("\(value.name) cannot follow \(last.name): it would act on drawn observations")
        }
        inference.append(value)
      }
      names.append(settings.name)
      description += (description.isEmpty ? "" : "+") + written
    }
  }
}

extension DefenseError {
  fileprivate static func twice(_ names: [String], _ name: String, _ seam: Seam) -> DefenseError {
    let other = names.last { (try? DefenseCatalog.entry($0).about.seam) == seam } ?? ""
    return DefenseError("\(other) and \(name) both change the \(seam.rawValue): choose one")
  }
}

/// Where a defense sits.
public enum Seam: String, Hashable, Sendable, Codable {
  /// What the agent experiences.
  case collection
  /// What it learns.
  case loss
  /// How the trained policy looks at a frame.
  case inference
}

/// A parameter of a defense that can be set by its name.
public struct DefenseParameter: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// The usual value.
  public let usual: String
  /// One line.
  public let summary: String

  init(_ name: String, _ usual: String, _ summary: String) {
    (self.name, self.usual, self.summary) = (name, usual, summary)
  }
}

/// What people are told of a defense.
public struct AboutDefense: Hashable, Sendable, Codable {
  /// The name in commands.
  public let name: String
  /// Where it sits.
  public let seam: Seam
  /// The agents that it hardens.
  public let agents: String
  /// One line.
  public let summary: String
  /// What can be set.
  public let parameters: [DefenseParameter]

  init(_ name: String, _ seam: Seam, _ agents: String, _ summary: String, _ parameters: [DefenseParameter]) {
    (self.name, self.seam, self.agents, self.summary, self.parameters) = (
      name, seam, agents, summary, parameters
    )
  }
}

/// A defense with a name under which people ask for it.
protocol NamedDefense: SendableMetatype {
  static var about: AboutDefense { get }
  /// Takes its settings.
  /// - Parameter epsilon: the size that stands where none is said.
  init(_ settings: inout DefenseSettings, epsilon: Epsilon?) throws(DefenseError)
  /// The settings as they are written.
  var settings: [String] { get }
}

/// The defenses by the names under which people ask for them. A new one is a file and a line here.
public enum DefenseCatalog {
  enum Value {
    case collection(any CollectionDefense)
    case loss(any LossDefense)
    case inference(InferenceDefense)
  }

  struct Entry: Sendable {
    let about: AboutDefense
    let make:
      @Sendable (inout DefenseSettings, Epsilon?) throws(DefenseError) -> (value: Value, settings: [String])

    init<Defense: NamedDefense>(_ type: Defense.Type, _ value: @escaping @Sendable (Defense) -> Value) {
      about = Defense.about
      make = { settings, epsilon throws(DefenseError) in
        let defense = try Defense(&settings, epsilon: epsilon)
        return (value(defense), defense.settings)
      }
    }
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

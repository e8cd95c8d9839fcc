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
  public private(set) var loss: (any LossDefenseRecipe)?
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
      var (name, settings) = try Self.read(part)
      if names.last == "adversarial", (try? DefenseCatalog.entry(name)) == nil,
        (try? AttackChoice(name)) != nil
      {
        throw DefenseError("adversarial takes one attack: + joins defenses, and \(name) is none")
      }
      let entry = try DefenseCatalog.entry(name)
      if entry.hasSize, !settings.contains(where: { $0.name == "epsilon" }) {
        guard let epsilon else {
          throw DefenseError("\(name) needs a size: --epsilon 8/255, or \(name):epsilon=8/255")
        }
        usesCommonEpsilon = true
        settings.append(ParameterSetting("epsilon", "\(epsilon)"))
      }
      let defense = try entry.make(settings)
      let written = ([name] + defense.settings).joined(separator: ":")
      switch defense.value {
      case .collection(let value):
        guard collection == nil else { throw .twice(names, name, .collection) }
        collection = value
      case .loss(let value):
        guard loss == nil else { throw .twice(names, name, .loss) }
        loss = value
      case .inference(let value):
        if let last = inference.last, !value.follows(last) {
          throw DefenseError("\(value.name) cannot follow \(last.name): it would act on drawn observations")
        }
        inference.append(value)
      }
      names.append(name)
      description += (description.isEmpty ? "" : "+") + written
    }
  }
}

extension DefensePlan {
  private static func read(
    _ part: Substring
  ) throws(DefenseError) -> (name: String, settings: [ParameterSetting]) {
    do throws(AttackError) {
      let (name, settings) = try ParameterSetting.read(part)
      try ParameterSetting.checkEachIsSetOnce(settings, of: name)
      return (name, settings)
    } catch { throw DefenseError(error.description) }
  }
}

extension DefenseError {
  fileprivate static func twice(_ names: [String], _ name: String, _ seam: Seam) -> DefenseError {
    let other = names.last { (try? DefenseCatalog.entry($0).about.seam) == seam } ?? ""
    return DefenseError("\(other) and \(name) both change the \(seam.rawValue): choose one")
  }
}

import Agents
import ArgumentParser
import Defenses
import Environments
import Foundation
import Networks
import Policies

/// What a person has said of a training: the command line before the recipe.
struct LayeredOptions {
  let commandLine: TrainingOptions
  let recipe: Recipe?

  /// What was said for an option; nil for nothing.
  func value<Value>(_ option: KeyPath<TrainingOptions, Value?>) -> Value? {
    commandLine[keyPath: option] ?? recipe?.options[keyPath: option]
  }

  /// What is wrong with some settings, at the line of the first that the recipe has, or else as the command line's.
  func failure(_ message: String, _ names: [String], status: Int32) -> Failure {
    let given = commandLine.given
    return names.lazy.filter { !given.contains($0) }.compactMap { recipe?.failure(message, at: $0) }.first
      ?? Failure(message, status: status)
  }

  /// The environment, in the version that the recipe was written for.
  /// - Parameter id: as the command line names it; nil for the recipe's.
  func environment(named id: String?, in folders: ProjectFolders) throws -> EnvironmentDefinition {
    guard let id = id ?? recipe?.environment else {
      throw ValidationError("name an environment, such as catch-v1, or a recipe with --recipe")
    }
    let environment: EnvironmentDefinition
    do { environment = try folders.catalog().definition(for: id) } catch let error as EnvironmentError {
      throw failure(error.description, ["environment"], status: EX_DATAERR)
    }
    if let hash = recipe?.environmentHash, id == recipe?.environment, hash != environment.contentHash {
      throw failure(
        "the definition of \(id) has changed: its hash is \(environment.contentHash), the recipe was written for \(hash)",
        ["environment-hash"], status: EX_DATAERR)
    }
    return environment
  }

  /// The agent's settings; every option that was given is one of its own.
  func configuration(
    of agent: AgentKind, in environment: EnvironmentDefinition
  ) throws -> any OptionedConfiguration {
    let own = TrainingOptions.names(of: agent)
    for name in commandLine.given where !own.contains(name) {
      throw ValidationError("--\(name) is not an option of \(agent.rawValue)")
    }
    for name in recipe?.options.given ?? [] where !own.contains(name) {
      throw failure("'\(name)' is not a setting of \(agent.rawValue)", [name], status: EX_USAGE)
    }
    var configuration = agent.optionedDefaults
    if let recipe { configuration.set(recipe.options) }
    configuration.set(commandLine)
    let space = environment.observationSpace
    configuration.network = configuration.network.resolved(
      for: [space.height, space.width, space.channels * configuration.frames])
    return configuration
  }

  /// The defense; nil for none.
  func defense() throws -> DefensePlan? {
    let epsilon = value(\.epsilon)
    let defense: DefensePlan?
    do {
      defense = try value(\.defense).map { text throws(DefenseError) in
        try DefensePlan(text, epsilon: epsilon)
      }
    } catch {
      throw failure("--defense: \(error)", ["defense"], status: EX_USAGE)
    }
    if epsilon != nil, defense?.usesCommonEpsilon != true {
      throw failure(
        defense == nil
          ? "--epsilon is the defense's: add --defense adversarial, say"
          : "--epsilon is not used: the defense \(defense?.description ?? "") says its own size, or has none",
        ["epsilon"], status: EX_USAGE)
    }
    return defense
  }

  /// The policy to start from, the one that the recipe was written for; nil for none.
  /// - Parameter kept: as the folder of a run that goes on has kept it; nil for reading it where it is named.
  func start(kept: PolicyFile?, in folders: ProjectFolders) throws -> (name: String, file: PolicyFile)? {
    guard let name = value(\.startFrom) else { return nil }
    let file: PolicyFile
    do {
      file =
        try kept ?? startBesideRecipe()
        ?? PolicyFile(contentsOf: PolicyFile.locate(name, policies: folders.policies))
    } catch { throw failure("--start-from: \(error)", ["start-from"], status: EX_DATAERR) }
    if let hash = recipe?.startHash, commandLine.startFrom == nil, hash != "\(file.weightsHash)" {
      throw failure(
        "the policy \(name) has changed: its hash is \(file.weightsHash), the recipe was written for \(hash)",
        ["start-from-hash"], status: EX_DATAERR)
    }
    return (name, file)
  }

  /// The policy that a run has kept beside its recipe, wherever the one lies that the recipe names.
  private func startBesideRecipe() -> PolicyFile? {
    guard commandLine.startFrom == nil, let recipe, let hash = recipe.startHash else { return nil }
    let folder = URL(fileURLWithPath: recipe.path).deletingLastPathComponent()
    let file = try? PolicyFile(contentsOf: folder.appendingPathComponent(RunFolder.startName))
    return file.flatMap { "\($0.weightsHash)" == hash ? $0 : nil }
  }
}

import Agents
import ArgumentParser
import Attacks
import Defenses
import Environments
import Foundation
import Networks
import Policies
import Tensors

/// A training run with nothing left open: what recipe, command line and defaults come to.
struct TrainingPlan: Sendable {
  /// The version of the program; another one may train differently.
  static let version = "0.1.0"

  let environment: EnvironmentDefinition
  let configuration: any OptionedConfiguration
  let steps: Int
  /// The first run's seed.
  var seed: UInt64
  /// The number of runs.
  var seeds: Int
  let defense: DefensePlan?
  let interval: CheckpointInterval
  let evaluation: PeriodicEvaluation?
  /// The trained policy to begin with, as it was named; nil for drawn weights.
  let start: (name: String, file: PolicyFile)?
  /// The version that wrote the recipe, where it says so.
  private let recipeVersion: String?

  /// Puts a plan together, the command line before the recipe and that before the defaults.
  ///
  /// - Parameter keptStart: the policy to start from as the folder of a run that goes on has kept it; nil for reading it
  ///   where it is named.
  /// - Throws: `Failure` or `ValidationError` that names the option or the recipe's line for whatever contradicts itself.
  init(
    _ id: String?, _ options: TrainingOptions, recipe: Recipe?, keptStart: PolicyFile? = nil,
    folders: ProjectFolders
  ) throws {
    let said = LayeredOptions(commandLine: options, recipe: recipe)
    environment = try said.environment(named: id, in: folders)
    let agent = said.value(\.agent) ?? .dqn
    configuration = try said.configuration(of: agent, in: environment)
    steps = said.value(\.steps) ?? agent.usualSteps
    seed = said.value(\.seed) ?? 0
    seeds = said.value(\.seeds) ?? 1
    defense = try said.defense()
    start = try said.start(kept: keptStart, in: folders)
    recipeVersion = recipe?.version
    interval = said.value(\.checkpointEvery) ?? .seconds(300)
    let every = said.value(\.evaluateEvery) ?? max(steps / 20, 1)
    evaluation = every == 0 ? nil : .init(interval: every, episodes: said.value(\.evaluationEpisodes) ?? 20)
    // What the agent itself finds wrong is known before any file is written.
    do { _ = try run(workers: .one) } catch let error as ConfigurationError {
      throw said.failure(error.description, error.settings, status: EX_DATAERR)
    } catch let error as NetworkError {
      throw said.failure(
        error.description, ["network", "filters", "hidden", "lstm", "environment"], status: EX_DATAERR)
    } catch let error as AttackError {
      throw said.failure("--defense: adversarial: \(error)", ["defense"], status: EX_USAGE)
    }
  }

  /// What a person should know before the run begins, a line each.
  var warnings: [String] {
    var warnings: [String] = []
    if let version = recipeVersion, version != Self.version {
      warnings.append(
        "the recipe was written by Hoodwink \(version); this is \(Self.version), which may train otherwise")
    }
    if let start, let inference = start.file.description.inference, !inference.isEmpty {
      let names = inference.map(\.name).joined(separator: "+")
      warnings.append(
        "\(start.name) acts behind \(names), which the run does not take over: --defense would name it")
    }
    if let training = defense?.collection as? AdversarialTraining {
      let space = environment.observationSpace
      warnings += AttackPlan(training.attack).warnings(
        under: ThreatModel(epsilon: training.epsilon, range: space.low...space.high))
    }
    return warnings
  }

  /// The plan of one of several runs.
  func single(_ index: Int) -> TrainingPlan {
    var plan = self
    plan.seed = seed &+ UInt64(index)
    plan.seeds = 1
    return plan
  }

  /// The run before its first step.
  func run(workers: Workers) throws -> TrainingRun {
    try TrainingRun(
      .init(
        configuration, steps: steps, seed: seed, defense: defense?.description,
        inference: defense?.inference ?? [], evaluation: evaluation, start: start?.file),
      in: environment, hardening: defense?.collection, loss: defense?.loss, workers: workers)
  }

  /// The complete recipe: what `--recipe` reads.
  var text: String {
    var settings: [(name: String, value: String)] = [
      ("hoodwink", Self.version), ("environment", environment.id),
      // In quotes, because some hashes look like numbers.
      ("environment-hash", Recipe.quoted("\(environment.contentHash)")),
      ("agent", configuration.kind.rawValue),
      ("steps", "\(steps)"), ("seed", "\(seed)"),
    ]
    if seeds > 1 { settings.append(("seeds", "\(seeds)")) }
    if let start {
      settings += [
        ("start-from", Recipe.quoted(start.name)),
        ("start-from-hash", Recipe.quoted("\(start.file.weightsHash)")),
      ]
    }
    if let defense {
      // The plan says every setting, the epsilon too.
      settings.append(("defense", Recipe.quoted(defense.description)))
    }
    settings += [
      ("checkpoint-every", "\(interval)"), ("evaluate-every", "\(evaluation?.interval ?? 0)"),
      ("evaluation-episodes", "\(evaluation?.episodes ?? 20)"),
    ]
    settings += configuration.texts
    return settings.map { "\($0.name): \($0.value)\n" }.joined()
  }
}

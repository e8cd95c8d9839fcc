import Agents
import ArgumentParser
import Environments
import Episodes
import Foundation
import Networks
import Policies
import Synchronization
import Tensors

/// Trains a policy, or several from several seeds, and goes on with a training that was stopped.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a policy, plain or hardened.",
    discussion: """
      The run folder gets recipe.yaml (every setting), metrics.csv and events for TensorBoard, log.txt, checkpoints, \
      best.safetensors (the policy of the best evaluation) and last.safetensors. Ctrl-C and SIGTERM save the run and stop; \
      --resume goes on from the last checkpoint, bit for bit as if nothing had happened.

      Examples:
        hoodwink train catch-v1 --agent dqn --steps 60000 --output runs/plain
        hoodwink train catch-v1 --agent dqn --defense adversarial --epsilon 32/255 --output runs/hardened
        hoodwink train catch-v1 --defense sa-dqn:weight=0.2+adversarial:attack=pgd:steps=5 --epsilon 16/255
        hoodwink train catch-v1 --agent ppo --network minatar-cnn --steps 300000
        hoodwink train --resume runs/plain
        hoodwink train --recipe runs/plain/recipe.yaml --seed 7 --output runs/again
        hoodwink train lava-bridge-v1 --agent reinforce --seeds 5 --output runs/five
        hoodwink train catch-v1 --start-from catch-v1-dqn --defense radial --epsilon 16/255 --output runs/mended
      """)

  @Argument(help: "The environment's id: see hoodwink list environments.")
  var environment: String?

  @Option(
    help: ArgumentHelp(
      "Take the settings from a file; options override it.",
      discussion: "Lines of 'option: value', and 'environment: id'; such as the recipe.yaml of a run.",
      valueName: "file"))
  var recipe: String?

  @Option(help: ArgumentHelp("Go on with a run that was stopped.", valueName: "folder"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "The run folder.", discussion: "By default runs/ENVIRONMENT-AGENT-SEED.", valueName: "folder"))
  var output: String?

  @OptionGroup var options: TrainingOptions
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    for (name, path) in [("output", output), ("resume", resume), ("recipe", recipe)] where path == "" {
      throw ValidationError("--\(name): the name is empty")
    }
    guard resume != nil else { return }
    let other: [(String, Bool)] = [
      ("an environment", environment != nil), ("--recipe", recipe != nil), ("--output", output != nil),
    ]
    let given = other.filter(\.1).map(\.0) + options.given.map { "--\($0)" }
    guard let first = given.first else { return }
    throw ValidationError("a resumed run keeps its recipe: leave out \(first)")
  }

  func run() throws {
    // Who reads the progress may go; the training goes on.
    signal(SIGPIPE, SIG_IGN)
    let interruption = Interruption()
    let folders = try common.folders()
    let plan: TrainingPlan
    let folder: URL
    // Opened here and not later, so that whatever is wrong with it is known before anything is touched.
    let opened: RunFolder
    if let resume {
      folder = URL(fileURLWithPath: resume)
      opened = try RunFolder(existing: folder)
      let recipe = try Recipe(contentsOf: opened.recipe, named: opened.recipe.relativePath)
      plan = try TrainingPlan(
        nil, TrainingOptions.parse([]), recipe: recipe, keptStart: opened.start(), folders: folders)
    } else {
      let file = try recipe.map { try Recipe(contentsOf: URL(fileURLWithPath: $0), named: $0) }
      plan = try TrainingPlan(environment, options, recipe: file, folders: folders)
      let name = "\(plan.environment.id)-\(plan.configuration.kind)-\(plan.seed)"
      folder = URL(fileURLWithPath: output ?? "runs/\(name)")
      do { opened = try RunFolder(new: folder, recipe: plan.text, start: plan.start?.file) } catch let error
        as RunError
        where error.kind == .exists
      {
        throw Failure(
          "\(error): go on with it with --resume, or choose another folder with --output",
          status: EX_CANTCREAT)
      }
    }
    let session = TrainingSession(
      plan: plan, folder: folder, threads: threading.threads, interruption: interruption)
    let results = try withExtendedLifetime(opened) {
      plan.seeds == 1 ? [try session.train(opened)] : try session.trainAll()
    }
    try report(results, plan, folder)
    if !results.allSatisfy(\.isFinished) {
      let steps = results.map(\.steps).reduce(0, +)
      throw Failure(
        "stopped after \(steps) steps; what was learned is in \(folder.relativePath): go on with "
          + "hoodwink train --resume \(folder.relativePath)", status: interruption.status)
    }
  }

  private func report(_ results: [TrainingSession.Standing], _ plan: TrainingPlan, _ folder: URL) throws {
    if plan.seeds == 1, let result = results.first {
      if common.json { return try printJSON(result) }
      if result.wasFinished {
        StandardError.say("hoodwink: \(result.run) is finished")
      }
      return print(folder.appendingPathComponent(PolicyFile.lastName).relativePath)
    }
    let summary = TrainingSession.Summary(results)
    if common.json { return try printJSON(summary) }
    var table = Table(["run", "steps", "evaluation", "recent return"], leftColumns: 1)
    func text(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "–" }
    for result in results {
      table.append([result.run, "\(result.steps)", text(result.evaluation), text(result.recentReturn)])
    }
    print(table.text)
    guard let mean = summary.interquartileMean else { return }
    // Of fewer than four values the interquartile mean is the mean.
    print(
      "\(results.count < 4 ? "Mean" : "Interquartile mean") of \(summary.measure) over \(results.count) seeds: \(text(mean)), "
        + (summary.intervalLow == nil
          ? "no interval: that takes \(Statistics.fewestForInterval) seeds."
          : "95% interval \(bracketed(summary.intervalLow, summary.intervalHigh))."))
  }
}

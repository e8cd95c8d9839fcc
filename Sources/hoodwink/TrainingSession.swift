import Agents
import Episodes
import Foundation
import Synchronization
import Tensors

/// The runs of one call of `train`, with their progress on standard error.
struct TrainingSession: Sendable {
  /// How a run stands when the session is over.
  struct Standing: Encodable, Sendable {
    let run: String
    let environment: String
    let agent: String
    let defense: String?
    let seed: UInt64
    let steps: Int
    /// The mean return of the last hundred episodes of training.
    let recentReturn: Double?
    /// The mean return of the last evaluation.
    let evaluation: Double?
    let isFinished: Bool
    /// Whether there was nothing left to do.
    let wasFinished: Bool
  }

  /// What several seeds come to.
  struct Summary: Encodable {
    let runs: [Standing]
    /// Of what the mean is: evaluations, or recent returns where there is none.
    let measure: String
    let interquartileMean: Double?
    let intervalLow: Double?
    let intervalHigh: Double?

    init(_ runs: [Standing]) {
      self.runs = runs
      let evaluations = runs.compactMap(\.evaluation)
      let isEvaluated = evaluations.count == runs.count
      measure = isEvaluated ? "evaluations" : "recent returns"
      let values = isEvaluated ? evaluations : runs.compactMap(\.recentReturn)
      let isWhole = values.count == runs.count
      let interval =
        isWhole ? Statistics.bootstrapInterval(values, of: Statistics.interquartileMean, seed: 0) : nil
      interquartileMean = isWhole ? Statistics.interquartileMean(values) : nil
      intervalLow = interval?.lowerBound
      intervalHigh = interval?.upperBound
    }
  }

  let plan: TrainingPlan
  let folder: URL
  let threads: Int
  let interruption: Interruption

  /// The one run of the plan, in its folder.
  /// - Throws: as ``trainAll()``.
  func train(_ opened: RunFolder) throws -> Standing {
    try checkRuns(are: [])
    return try train(
      plan, in: opened, threads: threads, progress: SharedProgress(title: title, total: plan.steps, runs: 1),
      index: 0)
  }

  /// - Throws: `Failure` when the folder holds runs of other names: its recipe has changed.
  private func checkRuns(are names: [String]) throws {
    let there = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard let other = there.filter({ $0.hasPrefix("seed-") && !names.contains($0) }).min() else { return }
    throw Failure(
      "\(folder.relativePath) holds \(other), which is no run of its recipe any more: a run keeps its recipe",
      status: EX_DATAERR)
  }

  /// All runs of the plan, each in a folder of its own within the plan's, as many at a time as there are threads.
  ///
  /// One whose learning comes apart does not keep the others from their end.
  ///
  /// - Throws: `Failure` when there are runs of other seeds in the folder and when the learning of one came apart, and
  ///   whatever else ends one of them.
  func trainAll() throws -> [Standing] {
    try checkRuns(are: (0..<plan.seeds).map { "seed-\(plan.single($0).seed)" })
    let progress = SharedProgress(
      title: "\(title) × \(plan.seeds)", total: plan.steps * plan.seeds, runs: plan.seeds)
    let runs = try Workers(threads: min(threads, plan.seeds)).map(plan.seeds) {
      index -> Result<Standing, Failure> in
      let own = plan.single(index)
      let url = folder.appendingPathComponent("seed-\(own.seed)")
      let isThere = FileManager.default.fileExists(
        atPath: url.appendingPathComponent(RunFolder.recipeName).path)
      let opened =
        try isThere ? RunFolder(existing: url) : RunFolder(new: url, recipe: own.text, start: own.start?.file)
      do {
        return .success(
          try train(own, in: opened, threads: max(threads / plan.seeds, 1), progress: progress, index: index))
      } catch let error as TrainingError {
        progress.finish(index)
        return .failure(Failure("\(url.lastPathComponent): \(error)", status: EX_SOFTWARE))
      }
    }
    return try runs.map { try $0.get() }
  }

  private var title: String {
    "\(plan.environment.id) \(plan.configuration.kind)\(plan.defense == nil ? "" : " hardened")"
  }

  private func train(
    _ plan: TrainingPlan, in opened: RunFolder, threads: Int, progress: SharedProgress, index: Int
  ) throws -> Standing {
    let recorded = try RecordedRun(
      plan.run(workers: Workers(threads: threads)), in: opened, recipe: plan.text,
      version: TrainingPlan.version, interval: plan.interval,
      source: self.plan.seeds > 1 ? folder.appendingPathComponent(RunFolder.recipeName) : nil)
    if index == 0 {
      if let defense = plan.defense { progress.say("defense: \(defense.description)") }
      for warning in self.plan.warnings { progress.say("hoodwink: warning: \(warning)") }
    }
    for warning in recorded.warnings { progress.say("hoodwink: warning: \(warning)") }
    progress.begin(index, at: recorded.run.progress.steps, isFinished: recorded.run.isFinished)
    if recorded.start != .finished {
      while !recorded.run.isFinished && !interruption.isAsked {
        try recorded.advance { !interruption.isAsked }
        progress.update(index, recorded.run.progress)
      }
      if !recorded.run.isFinished { try recorded.save(because: "stopped by a signal") }
    }
    let standing = recorded.run.progress
    progress.finish(index, standing)
    if recorded.run.isFinished, standing.loss == nil {
      progress.say("hoodwink: \(standing.steps) steps were too few for an update: nothing was learned")
    }
    return Standing(
      run: opened.url.relativePath, environment: plan.environment.id, agent: plan.configuration.kind.rawValue,
      defense: plan.defense?.description, seed: plan.seed, steps: standing.steps,
      recentReturn: standing.recentReturn,
      evaluation: standing.evaluation, isFinished: recorded.run.isFinished,
      wasFinished: recorded.start == .finished)
  }
}

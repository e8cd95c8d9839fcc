import Foundation
import Networks
import Policies

/// A training run that is written down in a folder as it goes, and that goes on from there after whatever stopped it.
///
/// A run that was stopped and resumed gives the same bytes in `last.safetensors`, `best.safetensors`, `metrics.csv` and
/// `events.out.tfevents` as one that was not: what stands in them behind the checkpoint is cut off and made again.
public final class RecordedRun {
  /// Where a run begins or goes on.
  public enum Start: Hashable, Sendable {
    /// At its first step.
    case beginning
    /// At a checkpoint of so many steps.
    case checkpoint(steps: Int)
    /// Nowhere: all steps are made.
    case finished
  }

  /// The run.
  public private(set) var run: TrainingRun
  /// Where it began when this process took it up.
  public let start: Start
  /// What the person should know about that, a line each.
  public private(set) var warnings: [String] = []

  private let folder: RunFolder
  private let recipe: String
  private let version: String
  private let interval: CheckpointInterval
  private let metrics: GrowingFile
  private let events: GrowingFile
  private let log: GrowingFile
  private var savedSteps = 0
  private var savedAt = ContinuousClock.now
  private var saysThatReplayIsLeftOut = false

  /// Takes up a run where its folder says that it stopped, or at its beginning.
  ///
  /// - Parameters:
  ///   - run: one that has not made a step, with the same request as whenever it was in this folder before.
  ///   - recipe: what identifies the request: one setting a line, `name: value`.
  ///   - version: that of the program; another one's checkpoints are refused.
  ///   - interval: how often to save.
  ///   - source: the file that a person may have changed; nil for the folder's own recipe.
  /// - Throws: ``RunError`` when recipe or version have changed or no checkpoint is whole, in which case nothing was touched,
  ///   and when curves or log are shorter than a checkpoint says; `AtomicFile.Failure` when nothing can be written.
  public init(
    _ run: TrainingRun, in folder: RunFolder, recipe: String, version: String, interval: CheckpointInterval,
    source: URL? = nil
  ) throws {
    var run = run
    let (checkpoint, torn) = try folder.newestCheckpoint()
    if let checkpoint {
      try Self.check(
        checkpoint.header, recipe: recipe, version: version, in: folder, source: source ?? folder.recipe)
      do { try run.restore(checkpoint.state) } catch is DecodingError {
        throw RunError(
          "\(folder.url.relativePath): the checkpoint is of another run: train again into another folder",
          .isDamaged)
      }
    }
    let header = checkpoint?.header
    let start: Start =
      header?.isFinished == true
      ? .finished : header.map { $0.steps > 0 ? .checkpoint(steps: $0.steps) : .beginning } ?? .beginning
    func grown(_ name: String) throws -> GrowingFile {
      try GrowingFile(folder.file(name), length: header?.lengths[name] ?? 0)
    }
    if start != .finished { folder.removeUnfinishedFiles(newerThan: header?.steps) }
    metrics = try grown(RunFolder.metricsName)
    events = try grown(RunFolder.eventsName)
    // What has happened has happened, whatever was made again since.
    log = try GrowingFile(folder.file(RunFolder.logName), length: nil)
    self.run = run
    self.start = start
    self.folder = folder
    self.recipe = recipe
    self.version = version
    self.interval = interval
    savedSteps = header?.steps ?? 0
    guard start != .finished else { return }
    for name in torn {
      warnings.append("\(name) is damaged: the checkpoint before it is used")
    }
    if let header, !header.savesAll {
      warnings.append(
        "the replay was too large to be saved: it begins empty, the next update waits for 'learning-start' steps, and the run is "
          + "not bit-identical to one that never stopped")
    }
    if header == nil {
      try append(["steps", "episodes"] + run.valueNames)
      try events.append(EventFile.header)
      try note("started")
      // Before hours are spent: can anything be written there?
      try save()
    } else {
      try note(savedSteps == 0 ? "starts over" : "resumed at step \(savedSteps)")
    }
    for warning in warnings { try note(warning) }
  }

  /// Writes a line of the curves.
  private func append(_ values: [String]) throws(AtomicFile.Failure) {
    try metrics.append(Data((values.joined(separator: ",") + "\n").utf8))
  }

  /// - Throws: ``RunError`` that names the first line of the recipe that has changed.
  private static func check(
    _ header: Checkpoint.Header, recipe: String, version: String, in folder: RunFolder, source: URL
  ) throws {
    let path = folder.url.relativePath
    guard header.version == version else {
      throw RunError(
        "\(path): was made by Hoodwink \(header.version), and this is \(version): go on with that one, or train again, with "
          + "--recipe, into another folder", .isDamaged)
    }
    guard header.recipe != recipe else { return }
    func settings(_ text: String) -> [(name: Substring, value: Substring)] {
      text.split(separator: "\n").map { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return (parts[0], (parts.dropFirst().first ?? "").drop { $0 == " " })
      }
    }
    let (old, new) = (settings(header.recipe), settings(recipe))
    let file = (try? String(contentsOf: source, encoding: .utf8)) ?? ""
    let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
    for name in new.map(\.name) + old.map(\.name) {
      let (was, isNow) = (old.first { $0.name == name }?.value, new.first { $0.name == name }?.value)
      guard was != isNow else { continue }
      let place = lines.firstIndex { $0.hasPrefix("\(name):") }.map { ":\($0 + 1)" } ?? ""
      throw RunError(
        "\(source.relativePath)\(place): '\(name)' is \(isNow ?? "missing"), but the run was started with "
          + "\(was ?? "none"); a run keeps its recipe", .isDamaged)
    }
  }

  /// Makes one advance, writes down what came of it, and saves the run where it is time to.
  ///
  /// - Parameter continuing: asked within evaluations; false leaves one for the next advance.
  /// - Throws: ``TrainingError`` when a number is not finite or explodes; `AtomicFile.Failure` when nothing can be
  ///   written any more. In both cases the last checkpoint stays.
  public func advance(continuing: @Sendable () -> Bool = { true }) throws {
    let row: TrainingRun.Row?
    do { row = try run.advance(continuing: continuing) } catch {
      try? note("stopped: \(error)")
      throw error
    }
    if let row {
      try append(
        ["\(row.steps)", "\(row.episodes)"] + run.valueNames.map { row.values[$0].map { "\($0)" } ?? "" })
      try events.append(EventFile.records(of: row.values, step: row.steps))
      if let value = row.values["evaluation_return"] {
        try note("step \(row.steps): evaluation \(value)\(row.isBest ? ", the best so far" : "")")
      }
      if row.isBest { try run.policyFile.write(to: folder.file(RunFolder.bestName)) }
    }
    let isDue =
      switch interval {
      case .steps(let steps): run.progress.steps / steps > savedSteps / steps
      case .seconds(let seconds): ContinuousClock.now - savedAt >= .seconds(seconds)
      }
    if isDue || run.isFinished { try save() }
    if run.isFinished { try note("finished") }
  }

  /// Saves the run as it is.
  /// - Parameter reason: why it stops here; nil where it goes on.
  /// - Throws: `AtomicFile.Failure` when it cannot be written; the checkpoint before stays.
  public func save(because reason: String? = nil) throws {
    if let reason { try note("step \(run.progress.steps): \(reason)") }
    if !run.savesAll && !saysThatReplayIsLeftOut {
      saysThatReplayIsLeftOut = true
      try note("the replay is larger than 1 GiB: checkpoints do not hold it")
    }
    try run.policyFile.write(to: folder.file(PolicyFile.lastName))
    // A checkpoint on the disk must not know more of these files than there is on the disk.
    for file in [metrics, events, log] { try file.synchronize() }
    let header = Checkpoint.Header(
      version: version, recipe: recipe, steps: run.progress.steps, isFinished: run.isFinished,
      savesAll: run.savesAll,
      lengths: [RunFolder.metricsName: metrics.length, RunFolder.eventsName: events.length])
    try folder.write(Checkpoint(header: header, state: run.savedState()))
    savedSteps = run.progress.steps
    savedAt = .now
  }

  private func note(_ text: String) throws {
    try log.append(Data("\(Date.now.ISO8601Format()) \(text)\n".utf8))
  }
}

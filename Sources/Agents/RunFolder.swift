import Foundation
import Networks
import Policies

/// The folder of one training run, locked against other processes:
///
/// | File | Content |
/// | --- | --- |
/// | `recipe.yaml` | all that the run follows from |
/// | `start.safetensors` | the policy that it began with, if it did not begin with drawn weights |
/// | `metrics.csv` | its curves |
/// | `events.out.tfevents` | the same for TensorBoard |
/// | `log.txt` | what happened, with the time |
/// | `checkpoints/` | the two newest checkpoints |
/// | `best.safetensors` | the policy of the best evaluation |
/// | `last.safetensors` | the policy as learned so far |
/// | `lock` | what a process holds while it works in the folder |
public final class RunFolder {
  /// The folder.
  public let url: URL
  private let lock: CInt

  /// Makes the folder of a new run.
  ///
  /// - Parameters:
  ///   - recipe: all that the run follows from, one setting a line.
  ///   - start: the policy that it begins with, kept here because that one may be moved or trained on; nil for none.
  /// - Throws: ``RunError`` when it holds a run, a policy, curves, a log or checkpoints already, or another process uses it;
  ///   `AtomicFile.Failure` when it cannot be written.
  public init(new url: URL, recipe: String, start: PolicyFile? = nil) throws {
    self.url = url
    // Before a lock is left in a folder that is no run's, and again with the lock: another process may just have ended.
    try Self.checkIsFree(url)
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw AtomicFile.Failure(path: url.relativePath, reason: "the folder cannot be made")
    }
    lock = try Self.lock(url)
    try Self.checkIsFree(url)
    try start?.write(to: file(Self.startName))
    try AtomicFile.write(Data(recipe.utf8), to: file(Self.recipeName))
  }

  /// Opens the folder of a run.
  ///
  /// - Throws: ``RunError`` when it holds none, or another process uses it.
  public init(existing url: URL) throws {
    self.url = url
    let file = url.appendingPathComponent(Self.recipeName)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw RunError("\(url.relativePath) holds no run: it has no \(Self.recipeName)", .isMissing)
    }
    // Nobody trains on in the folder of a policy that ships.
    guard !FileManager.default.fileExists(atPath: url.appendingPathComponent(PolicyFile.shippedName).path)
    else {
      throw RunError(
        "\(url.relativePath) holds no run but a policy that ships: train it again with --recipe \(file.relativePath)",
        .isDamaged)
    }
    lock = try Self.lock(url)
  }

  deinit {
    // A process that is just being started holds what its parent has open, and so the lock, until it runs its own program.
    flock(lock, LOCK_UN)
    close(lock)
  }

  /// All that the run follows from.
  public static let recipeName = "recipe.yaml"
  static let metricsName = "metrics.csv"
  static let eventsName = "events.out.tfevents"
  static let logName = "log.txt"
  static let bestName = "best.safetensors"
  /// Nothing of this is overwritten.
  private static let mustNotBeThere = [
    (recipeName, "a run"), (PolicyFile.lastName, "a run"), (PolicyFile.shippedName, "a policy"),
    (bestName, "a file \(bestName)"), (metricsName, "a file \(metricsName)"),
    (eventsName, "a file \(eventsName)"), (logName, "a file \(logName)"), (checkpointsName, "checkpoints"),
  ]

  /// The policy that the run began with.
  public static let startName = "start.safetensors"
  private static let checkpointsName = "checkpoints"

  /// The file of a name in the folder.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// The recipe's file.
  public var recipe: URL { file(Self.recipeName) }

  /// The policy that the run began with; nil where there is no file of one.
  /// - Throws: `PolicyError` or `SafetensorsError` for a file that cannot be read.
  public func start() throws -> PolicyFile? {
    let url = file(Self.startName)
    return try FileManager.default.fileExists(atPath: url.path) ? PolicyFile(contentsOf: url) : nil
  }

  /// The lock goes with the process, however it ends.
  private static func lock(_ url: URL) throws -> CInt {
    let path = url.appendingPathComponent("lock").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw AtomicFile.Failure(path: path, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw RunError("\(url.relativePath) is in use by another process", .isInUse)
    }
    return descriptor
  }

  /// - Throws: ``RunError`` when the folder holds a run, a policy or what belongs to one.
  private static func checkIsFree(_ url: URL) throws(RunError) {
    for (name, what) in mustNotBeThere
    where FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path) {
      throw RunError("\(url.relativePath) holds \(what) already", .exists)
    }
  }

  // MARK: Checkpoints

  /// The checkpoints, the newest first.
  private func checkpoints() -> [URL] {
    let folder = file(Self.checkpointsName)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix("step-") }.sorted(by: >).map { folder.appendingPathComponent($0) }
  }

  /// Writes a checkpoint, and removes all but this one and the one before it.
  func write(_ checkpoint: Checkpoint) throws {
    let name = Self.name(of: checkpoint.header.steps)
    let folder = file(Self.checkpointsName)
    guard mkdir(folder.path, 0o777) == 0 || errno == EEXIST else {
      throw AtomicFile.Failure(path: folder.path, reason: String(cString: strerror(errno)))
    }
    try AtomicFile.write(checkpoint.encoded(), to: folder.appendingPathComponent(name))
    for old in checkpoints().dropFirst(2) { try? FileManager.default.removeItem(at: old) }
  }

  /// The newest checkpoint that is whole, and the names of newer ones that are not; no checkpoint if there is no file.
  ///
  /// - Throws: ``RunError`` when there are files, but none is whole, and when somebody has removed them.
  func newestCheckpoint() throws -> (checkpoint: Checkpoint?, torn: [String]) {
    var torn: [String] = []
    for url in checkpoints() {
      if let data = try? Data(contentsOf: url, options: .mappedIfSafe), let checkpoint = Checkpoint(data) {
        return (checkpoint, torn)
      }
      torn.append(url.lastPathComponent)
    }
    guard torn.isEmpty else {
      throw RunError(
        "\(file(Self.checkpointsName).relativePath): \(torn.joined(separator: " and ")) "
          + "\(torn.count == 1 ? "is" : "are") damaged, and no other is there: train again, with --recipe, into another folder",
        .isDamaged)
    }
    // The first checkpoint is written before the first line of the curves.
    let curves = (try? String(contentsOf: file(Self.metricsName), encoding: .utf8)) ?? ""
    guard curves.split(separator: "\n").count <= 1 else {
      throw RunError(
        "\(url.relativePath): its checkpoints are gone, without which it cannot go on: train again, with --recipe, into another "
          + "folder", .isDamaged)
    }
    return (nil, [])
  }

  /// Removes what a process that was killed was writing, and checkpoints that are not followed: newer ones are damaged.
  func removeUnfinishedFiles(newerThan steps: Int?) {
    for folder in [url, file(Self.checkpointsName)] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      for name in names where name.hasPrefix(AtomicFile.temporaryPrefix) {
        try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
    }
    guard let steps else { return }
    for url in checkpoints() where url.lastPathComponent > Self.name(of: steps) {
      try? FileManager.default.removeItem(at: url)
    }
  }

  /// Twelve digits, so that names sort as numbers do.
  private static func name(of steps: Int) -> String {
    let digits = "\(steps)"
    return "step-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
  }
}

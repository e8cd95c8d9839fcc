import Synchronization

/// Progress through the episodes of one or more evaluations, told by their threads.
final class EpisodeProgress: Sendable {
  private let line: Mutex<ProgressLine>
  private let done = Atomic<Int>(0)
  private let total: Int

  init(_ title: String, episodes total: Int) {
    line = Mutex(ProgressLine(title, unit: "episodes"))
    self.total = total
  }

  /// Those of another evaluation begin, which may be slower by far.
  func begin() { line.withLock { $0.changePace(at: done.load(ordering: .relaxed)) } }

  /// Some more have ended.
  func add(_ episodes: Int) {
    let done = done.add(episodes, ordering: .relaxed).newValue
    line.withLock { $0.update(done, of: total) }
  }

  /// No more are played.
  func finish() { line.withLock { $0.finish(done.load(ordering: .relaxed), of: total) } }
}

import Synchronization

/// Counts the passes of each observation of a batch while an attack works on it.
final class PassCounter: Sendable {
  /// What all observations have had, and what some had beyond.
  private struct Counts {
    var all = Passes()
    var own: [Int: Passes] = [:]
  }

  private let counts = Mutex(Counts())

  /// Adds passes of some observations; nil for all.
  func add(_ passes: Passes, to rows: [Int]?) {
    counts.withLock { counts in
      guard let rows else { return counts.all = counts.all + passes }
      for row in rows { counts.own[row, default: Passes()] = counts.own[row, default: Passes()] + passes }
    }
  }

  /// The passes of each of a number of observations.
  func passes(of count: Int) -> [Passes] {
    counts.withLock { counts in (0..<count).map { counts.all + (counts.own[$0] ?? Passes()) } }
  }
}

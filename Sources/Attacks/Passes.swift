import Synchronization

/// Work of a victim: observations that went through it.
public struct Passes: Hashable, Sendable, Codable {
  /// Observations for which scores or actions were computed.
  public var forward: Int
  /// Observations at which a gradient was computed.
  public var backward: Int

  /// A number of passes.
  public init(forward: Int = 0, backward: Int = 0) { (self.forward, self.backward) = (forward, backward) }

  /// The sum of both.
  public static func + (left: Passes, right: Passes) -> Passes {
    Passes(forward: left.forward + right.forward, backward: left.backward + right.backward)
  }
}

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

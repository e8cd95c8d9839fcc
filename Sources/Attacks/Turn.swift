import Foundation
import RandomStreams

/// How far an attacker is in an episode: what it needs to keep to its share, and what a timing remembers.
public struct Turn: Hashable, Sendable, Codable {
  /// Frames that the episode has had.
  public internal(set) var frames = 0
  /// Frames of these that were attacked.
  public internal(set) var attacked = 0
  /// The signals so far, sorted, of a timing that ranks them.
  private var signals: [Double] = []

  /// An episode's start.
  public init() {}

  /// Goes on by a frame.
  /// - Parameter signal: what the timing looks at; nil for timings that look at nothing.
  /// - Returns: whether the frame is attacked: the timing chooses it, and the threat model's share allows it.
  mutating func takesFrame(
    at timing: Timing, signal: Double?, within threat: ThreatModel, using random: inout RandomStream
  ) -> Bool {
    if let signal, timing.ranks { signals.insert(signal, at: place(of: signal)) }
    let isAllowed = attacked < threat.attackableFrames(of: frames + 1)
    let isChosen = timing.chooses(
      self, signal: signal ?? 0, share: wantedShare(within: threat), using: &random)
    frames += 1
    guard isAllowed, isChosen else { return false }
    attacked += 1
    return true
  }

  /// The share in which a timing without a number of its own chooses: the threat model's, and a tenth more for each frame that
  /// this would have had by now. Otherwise signals that fall, and draws while none is allowed, would leave much of the share unused.
  private func wantedShare(within threat: ThreatModel) -> Double {
    let owed = max(threat.share * Double(frames + 1) - Double(attacked), 0)
    return min(threat.share + owed / 10, 1)
  }

  /// Whether fewer than a share of the signals so far are larger.
  func isAmongLargest(_ signal: Double, share: Double) -> Bool {
    Double(signals.count - place(of: signal)) < share * Double(signals.count)
  }

  /// How many signals are at most this one.
  private func place(of signal: Double) -> Int {
    var (low, high) = (0, signals.count)
    while low < high {
      let middle = (low + high) / 2
      if signals[middle] <= signal { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

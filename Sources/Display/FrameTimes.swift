/// How much time passed between frames that followed each other as fast as the outlet shows them.
public struct FrameTimes: Hashable, Sendable {
  /// All frames that were shown.
  public private(set) var frames = 0
  /// The times between frames, in milliseconds.
  public private(set) var milliseconds: [Double] = []
  private var last: ContinuousClock.Instant?

  mutating func count(isRunning: Bool) {
    frames += 1
    let now = ContinuousClock.now
    if let last, isRunning {
      let components = (now - last).components
      milliseconds.append(Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15)
    }
    last = isRunning ? now : nil
  }

  /// The time that a share of the times does not exceed, in milliseconds; nil where none was measured.
  public func quantile(_ share: Double) -> Double? {
    guard !milliseconds.isEmpty else { return nil }
    let sorted = milliseconds.sorted()
    return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
  }
}

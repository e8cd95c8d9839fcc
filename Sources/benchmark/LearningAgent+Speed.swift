import Agents

extension LearningAgent {
  /// Trains until the first updates have been made.
  /// - Parameter progress: of the update that follows them.
  mutating func warmUp(progress: Float = 0, hardening: (any CollectionDefense)? = nil) throws {
    while try advance(progress: 0, hardening: nil).loss == nil {}
    _ = try advance(progress: progress, hardening: hardening)
  }

  /// Environment steps a second of a training of at least some seconds.
  mutating func stepsPerSecond(
    seconds: Double, progress: Float = 0.1, hardening: (any CollectionDefense)? = nil
  ) throws -> Double {
    let (clock, before) = (ContinuousClock(), steps)
    let start = clock.now
    repeat {
      _ = try advance(progress: progress, hardening: hardening)
    } while clock.now - start < .seconds(seconds)
    return Double(steps - before) / ((clock.now - start) / .seconds(1))
  }
}

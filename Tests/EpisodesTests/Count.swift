import Environments
import RandomStreams

/// Shows the number of steps and the episode's first action, both in tenths, and pays the number of steps.
/// It terminates after as many as the first action says; 0 is never.
struct Count: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 2) }
  var actions: [String] { ["0", "1", "2"] }
  private var first = 0
  private var elapsed = 0

  /// Lanes that are truncated after three steps.
  static func lanes(_ count: Int) -> any VectorEnvironment {
    EnvironmentVector(id: "test", Count(), rules: EpisodeRules(timeLimit: 3), count: count)
  }

  mutating func reset(using random: inout some Randomness) { (first, elapsed) = (0, 0) }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    if elapsed == 0 { first = action }
    elapsed += 1
    return Outcome(reward: Float(elapsed), ending: elapsed == first ? .terminated : nil)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    (frame[0], frame[1]) = (Float(elapsed) / 10, Float(first) / 10)
  }
}

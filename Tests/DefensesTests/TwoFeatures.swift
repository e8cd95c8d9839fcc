import Environments
import RandomStreams

/// A sign to be read from two kinds of features (after Tsipras et al. 2019, "Robustness May Be at Odds with Accuracy"): one
/// pixel says it loudly, 0.3 or 0.7, and 60 others say it softly, 0.48 or 0.52 each. Who listens to all of them is deceived
/// by changes of 0.06 in each; who listens to the loud one alone is not.
struct TwoFeatures: Environment, Codable {
  static let soft = 60
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: Self.soft + 1) }
  var actions: [String] { ["negative", "positive"] }
  private var sign = 0

  mutating func reset(using random: inout some Randomness) { sign = random.index(below: 2) }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    Outcome(reward: action == sign ? 1 : 0, ending: .terminated)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    let direction: Float = sign == 1 ? 1 : -1
    frame[0] = 0.5 + 0.2 * direction
    for index in 1...Self.soft { frame[index] = 0.5 + 0.02 * direction }
  }

  /// Both observations that there are, the negative one first: [2, 1, 1, 61].
  static var both: [Float] {
    var elements: [Float] = []
    for direction: Float in [-1, 1] {
      elements.append(0.5 + 0.2 * direction)
      elements += Array(repeating: 0.5 + 0.02 * direction, count: soft)
    }
    return elements
  }
}

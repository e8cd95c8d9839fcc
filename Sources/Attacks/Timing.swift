import Foundation
import Policies
import RandomStreams
import Tensors

/// Which frames of an episode an attacker chooses, within the share that the threat model allows; any attack can be timed.
public enum Timing: Hashable, Sendable {
  /// Every frame that may be attacked; with a share below 1 as soon as the next may be.
  case everyFrame
  /// The first frame and every k-th after it.
  case every(Int)
  /// Each frame with a probability; nil for as many as the threat model's share allows.
  case random(Double?)
  /// When the policy strongly prefers an action (Lin et al. 2017, "Tactics of Adversarial Attack on Deep Reinforcement
  /// Learning Agents", equation 5): max π − min π at least a threshold, with π the softmax of the scores.
  ///
  /// Deviations:
  /// 1. Nil for the threshold takes the frames whose gap is among the largest of the episode so far, in the share that
  ///    the threat model allows; where it falls behind that share, smaller ones, too.
  /// 2. The softmax has no temperature: on Q-values a threshold depends on the scale of the rewards, and on a smoothed policy's
  ///    shares of votes no gap is large (with three actions 0.36 at most).
  case strategic(Double?)
  /// When the victim values its observation highly (Kos & Song 2017, "Delving into adversarial attacks on deep policies",
  /// section 3.3): V at least a threshold; nil as for ``strategic(_:)``.
  case valueGuided(Double?)

  /// What it must know of the victim.
  var needs: Knowledge {
    switch self {
    case .everyFrame, .every, .random: .nothing
    case .strategic, .valueGuided: .scores
    }
  }

  /// Whether it compares an episode's frames with one another.
  var ranks: Bool { self == .strategic(nil) || self == .valueGuided(nil) }

  var needsValues: Bool {
    if case .valueGuided = self { true } else { false }
  }

  /// What a person should know of it under a threat model that allows a share of the frames; nil for nothing.
  func warning(share: Double) -> String? {
    switch self {
    case .random(nil), .strategic(nil), .valueGuided(nil):
      share < 1
        ? nil
        : "timing \(self) takes as many frames as the share allows, and that is all of them; \(self):0.5 takes fewer, as does "
          + "a share below 1"
    default: nil
    }
  }

  /// Whether one frame is chosen.
  /// - Parameters:
  ///   - signal: the preference's gap or the value; 0 for timings that have none.
  ///   - share: in which it chooses where it has no number of its own.
  func chooses(
    _ turn: Turn, signal: Double, share: Double, using random: inout RandomStream
  ) -> Bool {
    switch self {
    case .everyFrame: true
    case .every(let interval): turn.frames.isMultiple(of: interval)
    case .random(let probability): random.chance(probability ?? share)
    case .strategic(let threshold?), .valueGuided(let threshold?): signal >= threshold
    case .strategic(nil), .valueGuided(nil): turn.isAmongLargest(signal, share: share)
    }
  }
}

extension Timing: LosslessStringConvertible {
  /// Reads `every`, `every:4`, `random`, `random:0.25`, `strategic`, `strategic:0.5`, `value` and `value:0.5`; nil for
  /// anything else: a probability and the gap of two lie between 0 and 1.
  public init?(_ text: String) {
    let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard words.count <= 2 else { return nil }
    let number = words.count == 2 ? Double(words[1]) : nil
    guard words.count == 1 || number?.isFinite == true else { return nil }
    switch words[0] {
    case "every" where number == nil: self = .everyFrame
    case "every":
      guard let interval = Int(words[1]), interval > 0 else { return nil }
      self = .every(interval)
    case "random":
      guard number.map({ (0...1).contains($0) }) ?? true else { return nil }
      self = .random(number)
    case "strategic":
      // The gap of two probabilities.
      guard number.map({ (0...1).contains($0) }) ?? true else { return nil }
      self = .strategic(number)
    case "value": self = .valueGuided(number)
    default: return nil
    }
  }

  /// As it is written.
  public var description: String {
    func text(_ name: String, _ number: Double?) -> String { number.map { "\(name):\($0)" } ?? name }
    return switch self {
    case .everyFrame: "every"
    case .every(let interval): "every:\(interval)"
    case .random(let probability): text("random", probability)
    case .strategic(let threshold): text("strategic", threshold)
    case .valueGuided(let threshold): text("value", threshold)
    }
  }
}

import Environments

/// What an attacker may do to an observation. No attack runs without one, and none enforces its own: ``Attacker`` does.
public struct ThreatModel: Hashable, Sendable {
  /// How the size of a perturbation is measured, over all entries of an observation.
  public enum Norm: String, Hashable, Sendable, Codable, CaseIterable {
    /// The largest change of any entry.
    case max
    /// The root of the sum of squares.
    case l2
    /// The sum of absolute changes.
    case l1
  }

  /// Which frames of a stacked observation may change.
  public enum Frames: String, Hashable, Sendable, Codable, CaseIterable {
    /// The newest alone: each frame is perturbed once, as the camera delivers it, and stays as it was seen.
    case newest
    /// All of them, anew at each step (Huang et al. 2017).
    case all
  }

  /// How the size of a perturbation is measured.
  public var norm: Norm
  /// The largest size.
  public var epsilon: Epsilon
  /// The valid values of an entry.
  public var range: ClosedRange<Float>
  /// Which frames may change.
  public var frames: Frames
  /// Which pixels may change.
  public var region: Region
  /// Of an episode's first t frames at most ⌈share·t⌉ may be attacked, at every t; 0 to 1.
  public var share: Double {
    didSet { Self.check(share) }
  }
  /// Whether what is changed is delivered on one of the 256 levels of 8 bits over the range, or where it was.
  public var isQuantized: Bool
  /// What may be known of the victim.
  public var knowledge: Knowledge

  /// A threat model.
  /// - Precondition: the share is from 0 to 1.
  public init(
    norm: Norm = .max, epsilon: Epsilon, range: ClosedRange<Float> = 0...1, frames: Frames = .newest,
    region: Region = .all, share: Double = 1, isQuantized: Bool = false, knowledge: Knowledge = .weights
  ) {
    Self.check(share)
    self.norm = norm
    self.epsilon = epsilon
    self.range = range
    self.frames = frames
    self.region = region
    self.share = share
    self.isQuantized = isQuantized
    self.knowledge = knowledge
  }

  private static func check(_ share: Double) {
    precondition((0...1).contains(share), "a share is from 0 to 1, not \(share)")
  }

  /// The largest size of a perturbation, in the units of the observation.
  public var budget: Float { epsilon.value * (range.upperBound - range.lowerBound) }

  /// How many of an episode's first `frames` frames may be attacked: ⌈share·frames⌉.
  public func attackableFrames(of frames: Int) -> Int {
    // A share such as 0.1 is a little more than a tenth: its product may exceed a whole number by rounding alone.
    Int((share * Double(frames) - 1e-9).rounded(.up))
  }

  /// The step between two of the 256 levels of 8 bits.
  var quantizationStep: Float { (range.upperBound - range.lowerBound) / 255 }

  /// What a person should know of this model before believing a result; nil for nothing.
  public var warning: String? {
    guard budget > 0 else { return nil }
    if isQuantized, budget < quantizationStep * 0.999 {
      return
        "epsilon \(epsilon.bothWays) is below one step of 8 bits (1/255): rounding takes every perturbation of what a camera "
        + "of 8 bits has seen back"
    }
    if budget < quantizationStep / 2 {
      return
        "epsilon \(epsilon.bothWays) is below half a step of 8 bits (0.5/255): a camera of 8 bits could not "
        + "deliver it"
    }
    let span = range.upperBound - range.lowerBound
    if norm == .max, budget > span * 1.000_001 {
      return
        "epsilon \(epsilon.bothWays) allows everything: it is more than an entry's whole range; 8 of 255 levels are 8/255"
    }
    return nil
  }

  /// The same model has the same hash, in every version and on every machine.
  public var stableHash: String {
    let canonical = [
      "norm=\(norm.rawValue)", "epsilon=\(epsilon.numerator / epsilon.denominator)",
      "range=\(range.lowerBound)...\(range.upperBound)", "frames=\(frames.rawValue)", "region=\(region)",
      "share=\(share)", "quantized=\(isQuantized)", "knowledge=\(knowledge.rawValue)",
    ].joined(separator: "\n")
    return ContentHash(of: canonical.utf8).description
  }
}

extension ThreatModel: CustomStringConvertible {
  /// As a person reads it: `max norm, epsilon 8/255 (0.0314), newest frame`, and what else is not as usual.
  public var description: String { "\(norm) norm, epsilon \(epsilon.bothWays), \(limits)" }

  /// The same without epsilon.
  public var descriptionWithoutSize: String { "\(norm) norm, \(limits)" }

  private var limits: String {
    var parts = [frames == .newest ? "newest frame" : "all frames"]
    if region != .all { parts.append(region.summary) }
    if share < 1 { parts.append("at most ⌈\(share)·t⌉ of the first t frames") }
    if isQuantized { parts.append("8 bits") }
    if knowledge != .weights { parts.append("knowing \(knowledge.rawValue)") }
    return parts.joined(separator: ", ")
  }
}

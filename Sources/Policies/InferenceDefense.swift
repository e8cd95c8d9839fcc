import Foundation

/// A defense at the last of three seams: what a trained policy does with an observation before it decides, and with its
/// decision. Part of the policy file. A new one is a case here, an arm in each function below, and a wrapping policy.
public enum InferenceDefense: Hashable, Sendable {
  /// Entries are rounded to a number of levels from 0 to 1: ``QuantizedPolicy``.
  case rounding(levels: Int)
  /// Entries become the nearest of a few values, in rising order: ``QuantizedPolicy``.
  case palette([Float])
  /// The action is the majority of those under Gaussian noise: ``SmoothedPolicy``.
  case smoothing(sigma: Float, samples: Int)

  /// The name in commands and files.
  public var name: String {
    switch self {
    case .rounding: "rounding"
    case .palette: "palette"
    case .smoothing: "smoothing"
    }
  }

  /// Whether it may stand behind another: what draws noise comes last, so that it votes on decisions.
  public func follows(_ other: InferenceDefense) -> Bool {
    if case .smoothing = other { false } else { true }
  }

  /// Whether it decides by a vote over draws: its scores are shares and no logits, and no memory is carried from step to step.
  public var isVote: Bool {
    if case .smoothing = self { true } else { false }
  }

  /// The policy that decides behind this defense.
  public func wrapping(_ base: some DifferentiablePolicy) -> any DifferentiablePolicy {
    switch self {
    case .rounding(let levels): QuantizedPolicy(base, Palette(levels: levels))
    case .palette(let values): QuantizedPolicy(base, Palette(values))
    case .smoothing(let sigma, let samples): SmoothedPolicy(base, sigma: sigma, samples: samples)
    }
  }

  /// What is wrong with it for observations within a range; nil for nothing.
  public func fault(within range: ClosedRange<Float>) -> String? {
    guard case .palette(let values) = self else { return nil }
    // An entry goes over from a value to the next in the middle between them.
    let isSeen = zip(values, values.dropFirst()).contains { low, high in
      let middle = low + (high - low) / 2
      return range.lowerBound < middle && middle < range.upperBound
    }
    return isSeen
      ? nil
      : "palette: of these values entries from \(range.lowerBound) to \(range.upperBound) become one alone, which shows nothing"
  }

  /// Whether a file's numbers make sense.
  var isValid: Bool {
    switch self {
    case .rounding(let levels): levels > 1
    case .palette(let values):
      values.count > 1 && values.allSatisfy(\.isFinite)
        && zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
    case .smoothing(let sigma, let samples): sigma > 0 && sigma.isFinite && (1...100_000).contains(samples)
    }
  }
}

extension InferenceDefense: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, levels, values, sigma, samples
  }

  /// Written as a name and its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    switch self {
    case .rounding(let levels): try container.encode(levels, forKey: .levels)
    case .palette(let values): try container.encode(values, forKey: .values)
    case .smoothing(let sigma, let samples):
      try container.encode(sigma, forKey: .sigma)
      try container.encode(samples, forKey: .samples)
    }
  }

  /// Read from a name and its settings.
  /// - Throws: `DecodingError` for a name that is not known and for settings that make no sense.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .name) {
    case "rounding": self = .rounding(levels: try container.decode(Int.self, forKey: .levels))
    case "palette": self = .palette(try container.decode([Float].self, forKey: .values))
    case "smoothing":
      self = .smoothing(
        sigma: try container.decode(Float.self, forKey: .sigma),
        samples: try container.decode(Int.self, forKey: .samples))
    case let other:
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "no inference defense is called \(other)")
    }
    guard isValid else {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "the settings of \(name) make no sense")
    }
  }
}

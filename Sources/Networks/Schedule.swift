import Foundation

/// A number that changes over a training run: a learning rate, an exploration rate, an attack's epsilon.
public enum Schedule: Hashable, Sendable {
  /// Always the same.
  case constant(Float)
  /// From one value to another in a straight line over the first `share` (0 to 1) of the run, then the latter.
  case linear(from: Float, to: Float, share: Float)
  /// The first value until `start`, a share of the run; then in a straight line to the second until `end`; then that.
  case ramp(from: Float, to: Float, start: Float, end: Float)
  /// From one value to another along half a cosine (Loshchilov & Hutter 2017, equation 5) over the whole run.
  case cosine(from: Float, to: Float)

  /// The value when a share of the run, 0 to 1, has passed.
  public func value(at progress: Float) -> Float {
    switch self {
    case .constant(let value): return value
    case .linear(let from, let to, let share):
      return Schedule.ramp(from: from, to: to, start: 0, end: share).value(at: progress)
    case .ramp(let from, let to, let start, let end):
      if progress >= end { return to }
      if progress <= start { return from }
      return from + (to - from) * (progress - start) / (end - start)
    case .cosine(let from, let to):
      return to + (from - to) * 0.5 * (1 + cos(.pi * min(max(progress, 0), 1)))
    }
  }
}

extension Schedule: LosslessStringConvertible {
  /// As people write it: `0.1`, `1..0.05` (linear over the run), `1..0.05@0.3` (over its first 30%), `0..1@0.2..0.5`
  /// (between 20% and 50% of it), `cosine 1..0`.
  public var description: String {
    switch self {
    case .constant(let value): "\(value)"
    case .linear(let from, let to, 1): "\(from)..\(to)"
    case .linear(let from, let to, let share): "\(from)..\(to)@\(share)"
    case .ramp(let from, let to, let start, let end): "\(from)..\(to)@\(start)..\(end)"
    case .cosine(let from, let to): "cosine \(from)..\(to)"
    }
  }

  /// The schedule of a text as ``description`` writes it; nil for any other.
  public init?(_ description: String) {
    func numbers(_ text: Substring) -> [Float]? {
      let numbers = text.split(separator: "..", omittingEmptySubsequences: false).map { Float($0) }
      return numbers.allSatisfy { $0?.isFinite == true } ? numbers.compactMap(\.self) : nil
    }
    if description.hasPrefix("cosine ") {
      guard let ends = numbers(description.dropFirst(7)), ends.count == 2 else { return nil }
      self = .cosine(from: ends[0], to: ends[1])
      return
    }
    let parts = description.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count <= 2, let values = numbers(parts[0]) else { return nil }
    let times = parts.count == 2 ? numbers(parts[1]) : [1]
    guard let times, times.allSatisfy({ (0...1).contains($0) }) else { return nil }
    switch (values.count, times.count, parts.count) {
    case (1, 1, 1): self = .constant(values[0])
    case (2, 1, _): self = .linear(from: values[0], to: values[1], share: times[0])
    case (2, 2, _) where times[0] <= times[1]:
      self = .ramp(from: values[0], to: values[1], start: times[0], end: times[1])
    default: return nil
    }
  }
}

extension Schedule: Codable {
  /// Written as its text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Read from its text.
  /// - Throws: `DecodingError` for a text that is no schedule.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let schedule = Schedule(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no schedule is written \(text)")
    }
    self = schedule
  }
}

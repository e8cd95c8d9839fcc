/// How often a run is saved. It changes nothing else of it.
public enum CheckpointInterval: Hashable, Sendable {
  /// After so many environment steps, at least one.
  case steps(Int)
  /// After so many seconds.
  case seconds(Int)
}

extension CheckpointInterval: LosslessStringConvertible {
  /// In seconds.
  private static let year = 31_536_000

  /// As people write it: `50000` for steps, `30s`.
  public var description: String {
    switch self {
    case .steps(let steps): "\(steps)"
    case .seconds(let seconds): "\(seconds)s"
    }
  }

  /// Reads `50000`, `30s`, `5m` and `1h`; nil for any other text, for none, and for more than a year, that of
  /// steps at ten thousand a second.
  public init?(_ description: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    let unit = description.last.flatMap { units[$0] }
    let digits = unit == nil ? description[...] : description.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits),
      (1...(unit.map { Self.year / $0 } ?? Self.year * 10_000)).contains(number)
    else { return nil }
    self = unit.map { .seconds(number * $0) } ?? .steps(number)
  }
}

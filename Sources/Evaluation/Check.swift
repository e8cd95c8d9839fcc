/// One thing that could make a weak attack look like a strong defense, looked at: what was found, and what it means.
public struct Check: Hashable, Sendable, Codable {
  /// What to think of it.
  public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
    /// As it has to be.
    case green
    /// Not as it should be, or not enough to tell.
    case amber
    /// The attacks are not to be trusted, and so no robustness that they seem to show.
    case red
  }

  /// A number behind a status.
  public struct Figure: Hashable, Sendable, Codable {
    /// What was measured.
    public let name: String
    /// How much.
    public let value: Double
    /// Between what it lies with 95% confidence; nil where that is not known.
    public let interval: ClosedRange<Double>?
    /// Whether the value is a share, shown in percent.
    public let isShare: Bool

    /// A share, from 0 to 1, or the difference of two.
    public static func share(_ name: String, _ value: Double, interval: ClosedRange<Double>? = nil) -> Figure
    {
      Figure(name: name, value: value, interval: interval, isShare: true)
    }

    /// A number of its own unit.
    public static func number(_ name: String, _ value: Double) -> Figure {
      Figure(name: name, value: value, interval: nil, isShare: false)
    }
  }

  /// What was looked at.
  public let name: String
  /// What to think of it.
  public let status: Status
  /// The numbers behind it.
  public let figures: [Figure]
  /// What it means, for people.
  public let sentence: String
}

extension Check.Status: Comparable {
  /// Better is less.
  public static func < (left: Check.Status, right: Check.Status) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Check.Status {
  /// Green up to one limit, amber up to another, red beyond.
  init(_ value: Double, greenTo green: Double, amberTo amber: Double) {
    self = value <= green ? .green : value <= amber ? .amber : .red
  }

  /// Whether something is larger than a margin: red when it is surely, amber when it seems so, else green.
  init(_ difference: PairedDifference, above margin: Double) {
    self = difference.isSurely(above: margin) ? .red : difference.mean > margin ? .amber : .green
  }
}

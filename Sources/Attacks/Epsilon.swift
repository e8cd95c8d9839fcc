/// The size of a perturbation, in units of an observation scaled to [0, 1]. A fraction such as 8/255 stays one.
public struct Epsilon: Hashable, Sendable {
  /// Above the line.
  public let numerator: Double
  /// Below the line; 1 for a plain number.
  public let denominator: Double

  /// A fraction.
  /// - Precondition: not negative, finite as ``value`` is, and the denominator positive.
  public init(_ numerator: Double, over denominator: Double = 1) {
    precondition(
      numerator >= 0 && numerator.isFinite && denominator > 0 && denominator.isFinite
        && Float(numerator / denominator).isFinite)
    // A zero has no sign.
    (self.numerator, self.denominator) = (numerator.magnitude, denominator)
  }

  /// The quotient.
  public var value: Float { Float(numerator / denominator) }
}

extension Epsilon: LosslessStringConvertible {
  /// The sizes that are read, zero aside: beyond them Float32 has no room for what attacks do with them.
  private static let readable: ClosedRange<Double> = 1e-9...1e9

  /// Reads `8/255` and `0.03`; nil for anything else, for negative numbers and for sizes but zero below 10⁻⁹ or above 10⁹.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let numerator = Double(parts[0]), numerator >= 0, numerator.isFinite
    else { return nil }
    var denominator = 1.0
    if parts.count == 2 {
      guard let number = Double(parts[1]), number > 0, number.isFinite else { return nil }
      denominator = number
    }
    guard numerator == 0 || Self.readable.contains(numerator / denominator) else { return nil }
    self.init(numerator, over: denominator)
  }

  /// As it was written: `8/255` or `0.03`.
  public var description: String {
    denominator == 1 ? Self.plain(numerator) : "\(Self.plain(numerator))/\(Self.plain(denominator))"
  }

  /// Both ways: `8/255 (0.0314)`, `0.03 (7.65/255)`.
  public var bothWays: String {
    if numerator == 0 { return "0" }
    let value = numerator / denominator
    return denominator == 1
      ? "\(self) (\(Self.rounded(value * 255, 100))/255)" : "\(self) (\(Self.rounded(value, 10_000)))"
  }

  private static func plain(_ number: Double) -> String {
    number == number.rounded() && number < 1e15 ? "\(Int(number))" : "\(number)"
  }

  /// To so many parts of one; what would be nothing then, to two digits.
  private static func rounded(_ number: Double, _ scale: Double) -> String {
    let rounded = (number * scale).rounded() / scale
    return rounded > 0 ? plain(rounded) : String(format: "%.2g", number)
  }
}

/// What an observation looks like: height × width × channels numbers, row by row and channels last, each within
/// the same bounds.
public struct BoxSpace: Hashable, Sendable, Codable {
  /// The number of rows, at least 1.
  public let height: Int
  /// The number of columns, at least 1.
  public let width: Int
  /// The number of values a position, at least 1.
  public let channels: Int
  /// The least value that an entry can have.
  public let low: Float
  /// The greatest value that an entry can have.
  public let high: Float

  /// The number of entries of an observation.
  public var count: Int { height * width * channels }

  /// A space of a shape, with bounds that hold for every entry.
  ///
  /// - Precondition: the lengths are positive and `low` is less than `high`.
  public init(height: Int, width: Int, channels: Int, low: Float = 0, high: Float = 1) {
    precondition(height > 0 && width > 0 && channels > 0, "a space has at least one entry")
    precondition(low < high, "the lower bound of a space is below its upper bound")
    self.height = height
    self.width = width
    self.channels = channels
    self.low = low
    self.high = high
  }
}

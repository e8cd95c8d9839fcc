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
  /// The greatest raw value of each channel, 1 to 255, where the world counts in whole numbers from 0: an entry is then
  /// its raw value divided by this one. 255 for pixels, 1 for planes, nil where entries are any number in the bounds.
  public let rawMaxima: [Int]?

  /// The number of entries of an observation.
  public var count: Int { height * width * channels }

  /// A space of a shape, with bounds that hold for every entry.
  ///
  /// - Precondition: the lengths are positive and `low` is less than `high`.
  public init(height: Int, width: Int, channels: Int, low: Float = 0, high: Float = 1) {
    self.init(
      height: height, width: width, channels: channels, low: low, high: high, checkedMaxima: nil)
  }

  /// A space in [0, 1] of whole raw numbers, each divided by the greatest one of its channel.
  ///
  /// - Precondition: the lengths are positive, and there is a maximum of 1 to 255 for each channel.
  public init(height: Int, width: Int, channels: Int, rawMaxima: [Int]) {
    precondition(rawMaxima.count == channels, "each channel has a greatest raw value")
    precondition(rawMaxima.allSatisfy((1...255).contains), "raw values fit into a byte")
    self.init(
      height: height, width: width, channels: channels, low: 0, high: 1, checkedMaxima: rawMaxima)
  }

  private init(height: Int, width: Int, channels: Int, low: Float, high: Float, checkedMaxima: [Int]?) {
    precondition(height > 0 && width > 0 && channels > 0, "a space has at least one entry")
    precondition(low < high, "the lower bound of a space is below its upper bound")
    self.height = height
    self.width = width
    self.channels = channels
    self.low = low
    self.high = high
    rawMaxima = checkedMaxima
  }

  /// A space that somebody has written, checked.
  /// - Throws: `DecodingError` when it is none: lengths that are not positive, more entries than can be counted, bounds without
  ///   anything between them, or greatest raw values that are not one of 1 to 255 for each channel.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let lengths = try [CodingKeys.height, .width, .channels].map {
      try container.decode(Int.self, forKey: $0)
    }
    let (low, high) = (
      try container.decode(Float.self, forKey: .low), try container.decode(Float.self, forKey: .high)
    )
    let maxima = try container.decodeIfPresent([Int].self, forKey: .rawMaxima)
    guard lengths.allSatisfy({ (1...(1 << 20)).contains($0) }), low < high,
      maxima.map({ $0.count == lengths[2] && $0.allSatisfy((1...255).contains) }) ?? true
    else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: "a space of observations that there cannot be"))
    }
    self.init(
      height: lengths[0], width: lengths[1], channels: lengths[2], low: low, high: high, checkedMaxima: maxima
    )
  }

  /// Whether observations of both spaces have the same shape and bounds, so that a policy for one can look at the other.
  public func fits(_ other: BoxSpace) -> Bool {
    (height, width, channels) == (other.height, other.width, other.channels)
      && (low, high) == (other.low, other.high)
  }

  /// The raw values of an observation, as bytes; nil where there are none.
  ///
  /// - Precondition: the frame has ``count`` entries.
  public func rawValues(of frame: Span<Float>) -> [UInt8]? {
    precondition(frame.count == count, "a frame has one entry for each of the space")
    guard let rawMaxima else { return nil }
    return frame.indices.map { UInt8((frame[$0] * Float(rawMaxima[$0 % channels])).rounded()) }
  }
}

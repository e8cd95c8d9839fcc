extension PCG64: Codable {
  /// The names that NumPy gives to the parts of `PCG64.state`.
  private enum CodingKeys: String, CodingKey {
    case state
    case increment = "inc"
    case hasHalf = "has_uint32"
    case half = "uinteger"
  }

  /// Writes the state under NumPy's names, the 128-bit integers as decimal strings: most readers of JSON would
  /// round them as numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(String(state), forKey: .state)
    try container.encode(String(increment), forKey: .increment)
    try container.encode(hasHalf ? 1 : 0, forKey: .hasHalf)
    try container.encode(half, forKey: .half)
  }

  /// Reads what ``encode(to:)`` writes.
  ///
  /// - Throws: `DecodingError` for a state that no generator can have.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func integer(_ key: CodingKeys) throws -> UInt128 {
      let text = try container.decode(String.self, forKey: key)
      guard let value = UInt128(text) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "'\(text)' is not a 128-bit unsigned integer")
      }
      return value
    }
    state = try integer(.state)
    increment = try integer(.increment)
    guard increment & 1 == 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .increment, in: container, debugDescription: "the increment must be odd")
    }
    let flag = try container.decode(Int.self, forKey: .hasHalf)
    guard flag == 0 || flag == 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .hasHalf, in: container, debugDescription: "\(flag) is neither 0 nor 1")
    }
    hasHalf = flag == 1
    half = try container.decode(UInt32.self, forKey: .half)
  }
}

/// NumPy's `RandomState`: the Mersenne Twister MT19937 with the legacy draws on top of it, draw for draw.
///
/// For environments whose reference package draws so; everything else draws from ``RandomStream``. A value: a copy goes on
/// with the same draws, independently. A draw takes a few nanoseconds; every 624th word twists the whole state.
///
/// Source: M. Matsumoto and T. Nishimura, "Mersenne Twister: A 623-Dimensionally Equidistributed Uniform Pseudo-Random
/// Number Generator", 1998, with their initialization of 2002.
@frozen
public struct MersenneTwister: Hashable, Sendable {
  /// The words of the state; always ``size`` of them.
  @usableFromInline var words: [UInt32]
  /// The word that the next draw takes; ``size`` where all are taken.
  @usableFromInline var position: Int

  @inlinable static var size: Int { 624 }
  @inlinable static var offset: Int { 397 }

  /// The generator of NumPy's `RandomState(seed)` for seeds below 2³², and of `RandomState([low, high])`, the seed's
  /// halves, for the others.
  public init(seed: UInt64) {
    let low = UInt32(truncatingIfNeeded: seed)
    let high = UInt32(truncatingIfNeeded: seed >> 32)
    self.init(word: low)
    if high > 0 { self = MersenneTwister(key: [low, high]) }
  }

  /// The 2002 version's `init_genrand`.
  private init(word: UInt32) {
    words = [word]
    words.reserveCapacity(Self.size)
    for index in 1..<UInt32(Self.size) {
      let last = words[words.count - 1]
      words.append(1_812_433_253 &* (last ^ last >> 30) &+ index)
    }
    position = Self.size
  }

  /// The 2002 version's `init_by_array`.
  private init(key: [UInt32]) {
    self.init(word: 19_650_218)
    var index = 1
    // Goes on to the next word; the first one is only a copy of the last.
    func advance(_ words: inout [UInt32]) {
      index += 1
      if index == Self.size {
        words[0] = words[Self.size - 1]
        index = 1
      }
    }
    for round in 0..<max(Self.size, key.count) {
      let last = words[index - 1]
      let place = round % key.count
      words[index] = (words[index] ^ (last ^ last >> 30) &* 1_664_525) &+ key[place] &+ UInt32(place)
      advance(&words)
    }
    for _ in 1..<Self.size {
      let last = words[index - 1]
      words[index] = (words[index] ^ (last ^ last >> 30) &* 1_566_083_941) &- UInt32(index)
      advance(&words)
    }
    words[0] = 1 << 31
  }

  /// The next 32 random bits.
  @inlinable
  public mutating func nextUInt32() -> UInt32 {
    if position == Self.size { twist() }
    var word = words[position]
    position &+= 1
    word ^= word >> 11
    word ^= word << 7 & 0x9d2c_5680
    word ^= word << 15 & 0xefc6_0000
    return word ^ word >> 18
  }

  /// The next 64 random bits: two draws, the upper half first.
  @inlinable
  public mutating func nextUInt64() -> UInt64 {
    let high = UInt64(nextUInt32()) << 32
    return high | UInt64(nextUInt32())
  }

  /// Makes new words of all.
  @usableFromInline
  mutating func twist() {
    position = 0
    var span = words.mutableSpan
    precondition(span.count == Self.size, "the state has as many words as the twist reads")
    // In three loops without a remainder, which the compiler turns into vector instructions.
    for index in 0..<Self.size - Self.offset {
      span[unchecked: index] =
        span[unchecked: index &+ Self.offset]
        ^ Self.mix(span[unchecked: index], span[unchecked: index &+ 1])
    }
    for index in Self.size - Self.offset..<Self.size - 1 {
      span[unchecked: index] =
        span[unchecked: index &+ Self.offset &- Self.size]
        ^ Self.mix(span[unchecked: index], span[unchecked: index &+ 1])
    }
    span[Self.size - 1] = span[Self.offset - 1] ^ Self.mix(span[Self.size - 1], span[0])
  }

  /// The upper bit of one word and the others of the next, through the twist's matrix.
  @inline(__always)
  private static func mix(_ word: UInt32, _ next: UInt32) -> UInt32 {
    let mixed = word & 0x8000_0000 | next & 0x7fff_ffff
    return mixed >> 1 ^ (0 &- (mixed & 1)) & 0x9908_b0df
  }
}

extension MersenneTwister: Randomness {
  /// Draws a number uniformly from [0, 1): a multiple of 2⁻⁵³ from two draws, NumPy's `rand()`.
  @inlinable
  public mutating func uniform() -> Double {
    let high = UInt64(nextUInt32() >> 5)
    let low = UInt64(nextUInt32() >> 6)
    return Double(high << 26 | low) * 0x1p-53
  }

  /// Draws an index uniformly from `0..<bound`, NumPy's `randint(bound)`: as many bits as the bound has, again and again
  /// until they are below it; from nothing where the bound is 1.
  ///
  /// - Precondition: `bound` is positive.
  @inlinable
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "there is no index below \(bound)")
    let last = UInt64(bound - 1)
    if last == 0 { return 0 }
    let mask = UInt64.max >> UInt64(last.leadingZeroBitCount)
    while true {
      let bits = (last <= UInt64(UInt32.max) ? UInt64(nextUInt32()) : nextUInt64()) & mask
      if bits <= last { return Int(truncatingIfNeeded: bits) }
    }
  }
}

extension MersenneTwister: SeededRandomness {}

extension MersenneTwister: Codable {
  /// The names that NumPy gives to the parts of `MT19937.state`.
  private enum CodingKeys: String, CodingKey {
    case words = "key"
    case position = "pos"
  }

  /// Writes the state under NumPy's names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(words, forKey: .words)
    try container.encode(position, forKey: .position)
  }

  /// Reads what ``encode(to:)`` writes.
  ///
  /// - Throws: `DecodingError` for a state that no generator can have.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    words = try container.decode([UInt32].self, forKey: .words)
    guard words.count == Self.size else {
      throw DecodingError.dataCorruptedError(
        forKey: .words, in: container,
        debugDescription: "the state has \(words.count) words instead of \(Self.size)")
    }
    position = try container.decode(Int.self, forKey: .position)
    guard (0...Self.size).contains(position) else {
      throw DecodingError.dataCorruptedError(
        forKey: .position, in: container, debugDescription: "there is no word \(position)")
    }
  }
}

/// The generator that everyone passes on: NumPy's `Generator(PCG64)`, draw for draw.
///
/// A value: a copy goes on with the same draws, independently.
@frozen
public struct RandomStream: Hashable, Sendable, Codable {
  @usableFromInline var bits: PCG64

  /// NumPy's `Generator(PCG64(seeds))`.
  public init(_ seeds: SeedSequence) {
    bits = PCG64(seeds)
  }

  /// The stream that draws what `numpy.random.default_rng(seed)` draws.
  public init(seed: UInt64) {
    self.init(SeedSequence(entropy: seed))
  }

  /// The seed's stream of one name: NumPy's `PCG64(SeedSequence(seed, spawn_key=(stream,)))`.
  public init(seed: UInt64, stream: StreamName) {
    self.init(SeedSequence(entropy: seed, spawnKey: [UInt64(stream.rawValue)]))
  }

  /// One of many streams of one name: NumPy's `PCG64(SeedSequence(seed, spawn_key=(stream, index)))`.
  ///
  /// - Precondition: `index` is not negative.
  public init(seed: UInt64, stream: StreamName, index: Int) {
    precondition(index >= 0, "the index of a stream is not negative")
    self.init(SeedSequence(entropy: seed, spawnKey: [UInt64(stream.rawValue), UInt64(index)]))
  }
}

extension RandomStream: RandomNumberGenerator {
  /// The next 64 random bits, NumPy's `bit_generator.random_raw()`: the draw for a seed.
  @inlinable
  public mutating func next() -> UInt64 {
    bits.nextUInt64()
  }
}

extension RandomStream: Randomness {
  /// Draws a number uniformly from [0, 1): a multiple of 2⁻⁵³, NumPy's `random()`.
  @inlinable
  public mutating func uniform() -> Double {
    Double(bits.nextUInt64() >> 11) * 0x1p-53
  }

  /// Draws an index uniformly from `0..<bound`, NumPy's `integers(0, bound)`: without bias, from 32 bits where
  /// they suffice, and from nothing where the bound is 1.
  ///
  /// - Precondition: `bound` is positive.
  @inlinable
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "there is no index below \(bound)")
    if bound == 1 { return 0 }
    if bound < 1 << 32 { return Int(truncatingIfNeeded: index(below: UInt32(bound))) }
    if bound == 1 << 32 { return Int(bits.nextUInt32()) }
    return Int(truncatingIfNeeded: index(below: UInt64(bound)))
  }

  /// Draws an index uniformly from `0..<bound`, as NumPy's `shuffle` does: the lower bits of a draw, drawn again where they
  /// are too great.
  ///
  /// - Precondition: `bound` is positive, and at most 2³².
  @inlinable
  public mutating func place(below bound: Int) -> Int {
    precondition(0 < bound && bound <= 1 << 32, "there is no place below \(bound)")
    let last = UInt32(truncatingIfNeeded: bound - 1)
    if last == 0 { return 0 }
    let mask = UInt32.max >> UInt32(last.leadingZeroBitCount)
    while true {
      let place = bits.nextUInt32() & mask
      if place <= last { return Int(place) }
    }
  }

  // Lemire, "Fast Random Integer Generation in an Interval", 2019: the upper word of a product with random bits
  // is the index; the rare products whose lower word is too small would be one too many for some indices.

  @inlinable
  mutating func index(below bound: UInt32) -> UInt32 {
    var product = bits.nextUInt32().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold {
        product = bits.nextUInt32().multipliedFullWidth(by: bound)
      }
    }
    return product.high
  }

  @inlinable
  mutating func index(below bound: UInt64) -> UInt64 {
    var product = bits.nextUInt64().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold {
        product = bits.nextUInt64().multipliedFullWidth(by: bound)
      }
    }
    return product.high
  }
}

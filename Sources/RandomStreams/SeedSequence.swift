/// NumPy's `SeedSequence`: hashes a seed and a spawn key into as many well-mixed words as a generator needs.
///
/// Seeds that differ in one bit, and keys of one seed, give unrelated words. Word for word what
/// `numpy.random.SeedSequence(seed, spawn_key=key).generate_state` gives (NumPy 1.17 and later, documented there
/// as stable; the hash is M. E. O'Neill's `seed_seq_fe128`).
public struct SeedSequence: Hashable, Sendable {
  /// The mixed entropy: four words, as NumPy's default pool.
  private var pool: [UInt32]

  /// Mixes a seed with the key of one of its children.
  ///
  /// - Parameters:
  ///   - entropy: the seed.
  ///   - spawnKey: the path from the seed to the child; empty for the seed itself.
  public init(entropy: UInt64, spawnKey: [UInt64] = []) {
    let poolSize = 4
    var words = Self.words(of: entropy)
    if !spawnKey.isEmpty {
      // NumPy pads, or the key of a short seed would be taken for the upper words of a longer one.
      words += Array(repeating: 0, count: poolSize - words.count)
      words += spawnKey.flatMap(Self.words(of:))
    }

    var hash = Hash(constant: 0x43b0_d7e5, multiplier: 0x931e_8875)
    pool = (0..<poolSize).map { hash($0 < words.count ? words[$0] : 0) }
    for source in 0..<poolSize {
      for destination in 0..<poolSize where destination != source {
        pool[destination] = Self.mix(pool[destination], hash(pool[source]))
      }
    }
    for word in words.dropFirst(poolSize) {
      for destination in 0..<poolSize {
        pool[destination] = Self.mix(pool[destination], hash(word))
      }
    }
  }

  /// The state to seed a generator with, as 32-bit words.
  ///
  /// - Precondition: `count` is not negative.
  public func words(count: Int) -> [UInt32] {
    var hash = Hash(constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded)
    return (0..<count).map { hash(pool[$0 % pool.count]) }
  }

  /// The state to seed a generator with, as 64-bit words: each is two of the 32-bit words, the lower first.
  ///
  /// - Precondition: `count` is not negative.
  public func longWords(count: Int) -> [UInt64] {
    let halves = words(count: 2 * count)
    return (0..<count).map { UInt64(halves[2 * $0]) | UInt64(halves[2 * $0 + 1]) << 32 }
  }

  /// An integer as NumPy counts its words: the lower first, without leading zeros, but at least one.
  private static func words(of integer: UInt64) -> [UInt32] {
    let upper = UInt32(integer >> 32)
    let lower = UInt32(truncatingIfNeeded: integer)
    return upper == 0 ? [lower] : [lower, upper]
  }

  private static func mix(_ first: UInt32, _ second: UInt32) -> UInt32 {
    let mixed = 0xca01_f9dd &* first &- 0x4973_f715 &* second
    return mixed ^ mixed >> 16
  }

  /// A hash whose constant moves on with every word, so that equal words hash differently.
  private struct Hash {
    var constant: UInt32
    let multiplier: UInt32

    mutating func callAsFunction(_ word: UInt32) -> UInt32 {
      var value = word ^ constant
      constant = constant &* multiplier
      value = value &* constant
      return value ^ value >> 16
    }
  }
}

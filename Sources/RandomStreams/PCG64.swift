/// NumPy's `PCG64`: a permuted congruential generator with 128 bits of state and 64 bits of output (XSL-RR).
///
/// Bit for bit `numpy.random.PCG64` (not `PCG64DXSM`), including the half of a 64-bit draw that a 32-bit draw leaves
/// for the next one. Source: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation", 2014, and NumPy's `pcg64.h`.
@frozen
public struct PCG64: Hashable, Sendable {
  @usableFromInline var state: UInt128
  @usableFromInline let increment: UInt128
  @usableFromInline var hasHalf: Bool
  @usableFromInline var half: UInt32

  @inlinable static var multiplier: UInt128 { 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645 }

  /// Seeds the generator as NumPy's `PCG64(seed_sequence)` does.
  public init(_ seeds: SeedSequence) {
    let words = seeds.longWords(count: 4)
    let start = UInt128(words[0]) << 64 | UInt128(words[1])
    let stream = UInt128(words[2]) << 64 | UInt128(words[3])
    // An increment must be odd for the generator to have its full period.
    increment = stream << 1 | 1
    state = (increment &+ start) &* Self.multiplier &+ increment
    hasHalf = false
    half = 0
  }

  /// The next 64 random bits. A half that waits for a 32-bit draw keeps waiting, as in NumPy.
  @inlinable
  public mutating func nextUInt64() -> UInt64 {
    state = state &* Self.multiplier &+ increment
    let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let rotation = UInt64(truncatingIfNeeded: state >> 122)
    return folded &>> rotation | folded &<< (0 &- rotation)
  }

  /// The next 32 random bits: the lower half of a 64-bit draw, then its upper half.
  @inlinable
  public mutating func nextUInt32() -> UInt32 {
    if hasHalf {
      hasHalf = false
      return half
    }
    let whole = nextUInt64()
    hasHalf = true
    half = UInt32(truncatingIfNeeded: whole >> 32)
    return UInt32(truncatingIfNeeded: whole)
  }
}

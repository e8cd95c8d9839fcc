/// A source of random draws that say what they mean.
///
/// Whoever needs chance takes `using random: inout some Randomness`. The draws have a meaning ("one of four",
/// "with probability 0.1") instead of being bits, so that the same code can be driven by a generator
/// (``RandomStream``) or by an enumerator that visits every outcome together with its probability.
public protocol Randomness: Sendable {
  /// Draws an index uniformly from `0..<bound`.
  ///
  /// - Precondition: `bound` is positive.
  mutating func index(below bound: Int) -> Int

  /// Draws an index uniformly from `0..<bound` for a place in an order: a generator may take other bits for it than for
  /// ``index(below:)``, as NumPy's does.
  ///
  /// - Precondition: `bound` is positive.
  mutating func place(below bound: Int) -> Int

  /// Draws true with the given probability in [0, 1]; 0 is never and 1 is always.
  mutating func chance(_ probability: Double) -> Bool

  /// Draws a number uniformly from [0, 1).
  mutating func uniform() -> Double
}

extension Randomness {
  /// The draw of ``index(below:)``.
  @inlinable
  public mutating func place(below bound: Int) -> Int { index(below: bound) }

  /// Draws true with the given probability in [0, 1], from exactly one uniform draw: also for 0 and 1, so that
  /// the draws that follow do not depend on the probability.
  @inlinable
  public mutating func chance(_ probability: Double) -> Bool {
    uniform() < probability
  }
}

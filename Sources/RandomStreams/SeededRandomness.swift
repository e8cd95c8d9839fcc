/// A generator that a seed determines.
public protocol SeededRandomness: Randomness, Hashable, Codable {
  /// The generator of a seed: different seeds give independent draws.
  init(seed: UInt64)
}

extension RandomStream: SeededRandomness {}

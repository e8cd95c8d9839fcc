import Attacks

extension Epsilon {
  /// The sizes that the controls go through, in 255ths.
  private static let ladder: [Double] = [
    0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 255,
  ]

  private var in255ths: Double { numerator / denominator * 255 }

  /// The next larger size of the ladder; beyond its end, twice the size.
  var larger: Epsilon {
    if let next = Self.ladder.first(where: { $0 > in255ths + 1e-9 }) { return Epsilon(next, over: 255) }
    // A key that is held down does not lead beyond the numbers.
    return Float(2 * numerator / denominator).isFinite ? Epsilon(2 * numerator, over: denominator) : self
  }

  /// The next smaller size of the ladder; beyond its end, half the size.
  var smaller: Epsilon {
    if in255ths >= 2 * 255 { return Epsilon(numerator / 2, over: denominator) }
    return Epsilon(Self.ladder.last { $0 < in255ths - 1e-9 } ?? 0, over: 255)
  }
}

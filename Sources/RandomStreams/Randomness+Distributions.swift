import Foundation

extension Randomness {
  /// Draws a number uniformly from a closed range, from one uniform draw.
  ///
  /// A range of a single value still consumes the draw.
  @inlinable
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    let position = uniform()
    // In double precision, where the span of two finite floats neither overflows nor rounds noticeably.
    let low = Double(range.lowerBound)
    let value = Float(low + (Double(range.upperBound) - low) * position)
    return min(value, range.upperBound)
  }

  /// Draws a number uniformly from a range without its upper bound, from one uniform draw.
  ///
  /// - Precondition: the range is not empty.
  @inlinable
  public mutating func uniform(in range: Range<Float>) -> Float {
    precondition(!range.isEmpty, "there is no number in an empty range")
    // Rounding to Float can reach the upper bound although the draw is below 1.
    return min(uniform(in: range.lowerBound...range.upperBound), range.upperBound.nextDown)
  }

  /// Draws from the normal distribution with mean 0 and standard deviation 1, from exactly two uniform draws.
  ///
  /// Box and Muller's transform (1958). Its second value is thrown away: keeping it would make the draws
  /// depend on a state that is no part of the generator. This is not NumPy's `standard_normal`.
  @inlinable
  public mutating func normal() -> Double {
    // 1 - uniform() lies in (0, 1], where the logarithm is finite.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }
}

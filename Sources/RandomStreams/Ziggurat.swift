import Foundation

/// Many draws from the normal distribution with mean 0 and standard deviation 1, mostly from 64 random bits and one
/// comparison each; ``Randomness/normal()`` works with any source of draws instead.
///
/// Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables", 2000, in the form of Doornik, "An Improved
/// Ziggurat Method to Generate Normal Random Samples", 2005: layer and position come from different bits.
public struct Ziggurat: Sendable {
  /// The layers' right ends, from the one with the tail (whose area is spread over a longer base) to the top, which is 0.
  private let ends: [Double]
  /// For each layer the share of its width that lies below the density everywhere.
  private let safeShares: [Double]

  private static let layers = 128
  /// Where the tail starts, and the area of each of the 128 layers (Doornik 2005, section 2).
  private static let tail = 3.442619855899
  private static let area = 9.91256303526217e-3

  /// Makes the table of layers.
  public init() {
    func density(_ x: Double) -> Double { exp(-x * x / 2) }
    var ends = [Self.area / density(Self.tail), Self.tail]
    while ends.count < Self.layers {
      let last = ends[ends.count - 1]
      ends.append((-2 * log(Self.area / last + density(last))).squareRoot())
    }
    ends.append(0)
    safeShares = (0..<Self.layers).map { ends[$0 + 1] / ends[$0] }
    self.ends = ends
  }

  /// Adds a draw of its own to each of some values, times a standard deviation.
  public func add(to values: inout MutableSpan<Float>, deviation: Float, using random: inout RandomStream) {
    let (ends, safeShares) = (ends.span, safeShares.span)
    // A local generator stays in registers.
    var local = random
    for index in values.indices {
      let normal = Self.normal(ends, safeShares, using: &local)
      values[index] += deviation * Float(normal)
    }
    random = local
  }

  @inline(__always)
  private static func normal(
    _ ends: Span<Double>, _ safeShares: Span<Double>, using random: inout RandomStream
  ) -> Double {
    let bits = random.next()
    let layer = Int(truncatingIfNeeded: bits & 127)
    // The upper 53 bits: uniform over [-1, 1).
    let position = Double(bits >> 11) * 0x1p-52 - 1
    if abs(position) < safeShares[layer] { return position * ends[layer] }
    return atEdge(layer, position, ends, safeShares, using: &random)
  }

  /// What one draw in forty needs: the density itself.
  private static func atEdge(
    _ layer: Int, _ position: Double, _ ends: Span<Double>, _ safeShares: Span<Double>,
    using random: inout RandomStream
  ) -> Double {
    if layer == 0 {
      let x = beyondTail(using: &random)
      return position < 0 ? -x : x
    }
    let x = position * ends[layer]
    let lower = exp((x * x - ends[layer] * ends[layer]) / 2)
    let upper = exp((x * x - ends[layer + 1] * ends[layer + 1]) / 2)
    if lower + random.uniform() * (upper - lower) < 1 { return x }
    return normal(ends, safeShares, using: &random)
  }

  /// Marsaglia's method for the tail.
  private static func beyondTail(using random: inout RandomStream) -> Double {
    while true {
      // 1 - uniform() lies in (0, 1], where the logarithm is finite.
      let x = log(1 - random.uniform()) / tail
      let y = log(1 - random.uniform())
      if -2 * y >= x * x { return tail - x }
    }
  }
}

/// Transcendental functions written without branches or calls, so that loops over them become vector instructions.
///
/// Relative error below 5·10⁻⁷ (tested against Float64); NaN gives NaN.
enum VectorMath {
  /// eˣ: x = n·ln 2 + r, with the Taylor series of eʳ for |r| ≤ ln(2)/2, times 2ⁿ through the exponent's bits.
  @inline(__always)
  static func exp(_ x: Float) -> Float {
    // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    let rounding: Float = 12_582_912
    // The comparisons are written so that NaN fails both and passes through.
    let bounded = x > 89 ? 89 : (x < -104 ? -104 : x)
    let shifted = bounded * 1.442_695_04 + rounding
    let n = shifted - rounding
    // ln 2 in two parts, the first with few bits, keeps r exact.
    let r = (bounded - n * 0.693_359_375) + n * 2.121_944_4e-4
    var series: Float = 1 / 5040
    series = series * r + 1 / 720
    series = series * r + 1 / 120
    series = series * r + 1 / 24
    series = series * r + 1 / 6
    series = series * r + 1 / 2
    series = series * r + 1
    series = series * r + 1
    // 2ⁿ in two factors, because the largest and the smallest powers have no exponent of their own.
    let exponent = Int32(bitPattern: shifted.bitPattern) &- Int32(bitPattern: rounding.bitPattern)
    let half = exponent &>> 1
    let first = Float(bitPattern: UInt32(bitPattern: (half &+ 127) &<< 23))
    let second = Float(bitPattern: UInt32(bitPattern: (exponent &- half &+ 127) &<< 23))
    return series * first * second
  }

  /// tanh x: its Taylor series below 0.3 (where the other form cancels), 1 − 2/(e²ˣ + 1) above.
  @inline(__always)
  static func tanh(_ x: Float) -> Float {
    let square = x * x
    var series: Float = -1382 / 155_925
    series = series * square + 62 / 2835
    series = series * square - 17 / 315
    series = series * square + 2 / 15
    series = series * square - 1 / 3
    let small = x + x * square * series
    let large = 1 - 2 / (exp(2 * x) + 1)
    return square < 0.09 ? small : large
  }

  /// 1/(1 + e⁻ˣ).
  @inline(__always)
  static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

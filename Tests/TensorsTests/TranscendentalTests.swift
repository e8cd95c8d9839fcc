import Foundation
import Tensors
import TestSupport
import Testing

/// The vectorized functions against Foundation's in Double.
struct TranscendentalTests {
  /// The relative error over the normal range; below it, how many units in the last place of the smallest float.
  private func check(
    _ inputs: [Float], _ values: [Float], _ reference: (Double) -> Double, sourceLocation: SourceLocation
  ) {
    var worst = (error: 0.0, input: Float(0))
    for (input, value) in zip(inputs, values) {
      let expected = reference(Double(input))
      let rounding = max(Swift.abs(expected) * 5e-7, Double(Float.leastNonzeroMagnitude))
      let bounded = expected > Double(Float.greatestFiniteMagnitude) ? Double(Float.infinity) : expected
      let error = Double(value) == bounded ? 0 : Swift.abs(Double(value) - bounded) / rounding
      if !(error <= worst.error) { worst = (error, input) }
    }
    #expect(worst.error <= 1, "at \(worst.input)", sourceLocation: sourceLocation)
  }

  private static func range(_ bounds: ClosedRange<Float>, step: Float) -> [Float] {
    Array(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
  }

  private static let tiny: [Float] = [
    0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, 1e-30, -1e-30, 1e-7,
    -1e-7,
  ]

  @Test func exponential() {
    // From where the result is zero, through the denormal numbers, to where it is infinite.
    let inputs = Self.range(-110...88.7, step: 0.001_7) + Self.tiny
    check(inputs, Tensor(inputs).exp().elements, Foundation.exp, sourceLocation: #_sourceLocation)
  }

  @Test func exponentialAtTheEnds() {
    let inputs: [Float] = [
      .infinity, .greatestFiniteMagnitude, 89, 88.73, -.infinity, -.greatestFiniteMagnitude, -104, 0,
    ]
    #expect(
      Tensor(inputs).exp().elements == [.infinity, .infinity, .infinity, .infinity, 0, 0, 0, 1])
    #expect(Tensor([88.72]).exp().scalar.isFinite)
    #expect(Tensor([-103]).exp().scalar == .leastNonzeroMagnitude)
    #expect(Tensor([.nan]).exp().scalar.isNaN)
  }

  @Test func hyperbolicTangent() {
    let inputs = Self.range(-12...12, step: 0.000_37) + Self.tiny + [100, -100, 1e30, -1e30]
    check(inputs, Tensor(inputs).tanh().elements, Foundation.tanh, sourceLocation: #_sourceLocation)
    #expect(Tensor([.infinity, -.infinity]).tanh().elements == [1, -1])
    #expect(Tensor([.nan]).tanh().scalar.isNaN)
  }

  @Test func logisticSigmoid() {
    let inputs = Self.range(-87...40, step: 0.001_3) + Self.tiny + [100, 1e30, -1e30]
    check(
      inputs, Tensor(inputs).sigmoid().elements, { 1 / (1 + Foundation.exp(-$0)) },
      sourceLocation: #_sourceLocation)
    #expect(Tensor([.infinity, -.infinity]).sigmoid().elements == [1, 0])
    #expect(Tensor([.nan]).sigmoid().scalar.isNaN)
  }

  @Test func logarithmAndSquareRoot() {
    let inputs = Self.range(0.001...50, step: 0.013)
    check(inputs, Tensor(inputs).log().elements, Foundation.log, sourceLocation: #_sourceLocation)
    check(
      inputs, Tensor(inputs).squareRoot().elements, { $0.squareRoot() }, sourceLocation: #_sourceLocation)
    #expect(Tensor([0]).log().scalar == -.infinity)
    #expect(Tensor([-1]).squareRoot().scalar.isNaN)
  }

  /// Extremes cancel out of the normalizers: what is exponentiated is at most zero.
  @Test func normalizersStandLargeInputs() {
    let logits = Tensor([1000, 1000, -1000, -1000, -1000, -1000], shape: [2, 3])
    #expect(relativeError(logits.softmax().elements, [0.5, 0.5, 0, 1 / 3, 1 / 3, 1 / 3]) < 1e-4)
    #expect(
      relativeError(logits.logSumExp().elements, [1000 + Float(log(2.0)), -1000 + Float(log(3.0))]) < 1e-6)
    #expect(Tensor([-.infinity, 0]).softmax().elements == [0, 1])
    #expect(Tensor([0, .nan]).logSumExp().scalar.isNaN)
  }

  @Test func normalizersAgainstDouble() {
    let logits: [Float] = [0.3, -1.7, 2.2, 5, -4]
    let exponentials = logits.map { Foundation.exp(Double($0)) }
    let sum = exponentials.reduce(0, +)
    let tensor = Tensor(logits)
    #expect(relativeError([tensor.logSumExp().scalar], [Float(log(sum))]) < 1e-6)
    #expect(relativeError(tensor.softmax().elements, exponentials.map { Float($0 / sum) }) < 1e-6)
    #expect(relativeError(tensor.logSoftmax().elements, exponentials.map { Float(log($0 / sum)) }) < 1e-6)
  }
}

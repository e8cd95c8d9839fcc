import Foundation
import Networks
import Tensors
import TestSupport
import Testing

struct LossTests {
  /// A loss of the recorded logits, targets and labels, averaged as PyTorch averaged it.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let loss: @Sendable (_ logits: Tensor, _ targets: Tensor, _ labels: [Int]) -> Tensor
  }

  static let cases = [
    Case(testDescription: "cross-entropy") { logits, _, labels in logits.crossEntropy(with: labels).mean() },
    Case(testDescription: "huber") { logits, targets, _ in logits.huber(to: targets).mean() },
    Case(testDescription: "mse") { logits, targets, _ in logits.squaredError(to: targets).mean() },
    Case(testDescription: "kl") { logits, targets, _ in targets.klDivergence(to: logits).mean() },
    Case(testDescription: "margin") { logits, _, labels in logits.margin(over: labels).mean() },
  ]

  @Test(arguments: cases)
  func agreesWithTheReference(_ example: Case) throws {
    let fixture = try ReferenceFixture("losses")
    let targets = try fixture["targets"]
    let labels = try fixture["labels"].elements.map { Int($0) }
    let (value, gradient) = valueAndGradient(
      of: { example.loss($0, targets, labels) }, at: try fixture["logits"])
    #expect(try fixture.error(of: value.reshaped(to: [1]), "\(example.testDescription).loss") < 1e-5)
    #expect(try fixture.error(of: gradient, "\(example.testDescription).gradient") < 1e-5)
  }

  @Test func aLossIsOneNumberARow() {
    let logits = Tensor([1, 2, 3, 4, 0, -1], shape: [3, 2])
    #expect(logits.crossEntropy(with: [0, 1, 0]).shape == [3])
    #expect(logits.klDivergence(to: logits * 2).shape == [3])
    #expect(logits.entropy().shape == [3])
    #expect(logits.huber(to: logits).shape == logits.shape)
  }

  /// Two actions are enough, and the margin's sign says who won.
  @Test func marginOfTwoClasses() {
    let logits = Tensor([1, 3, 1, 3], shape: [2, 2])
    #expect(logits.margin(over: [0, 1]).elements == [2, -2])
  }

  @Test func klDivergenceOfTheSameIsZeroAndOtherwiseAgainstTheDefinition() {
    let first = Tensor([0, Float(log(3.0))], shape: [1, 2])
    let second = Tensor([0, 0], shape: [1, 2])
    #expect(first.klDivergence(to: first).scalar == 0)
    let expected = 0.25 * log(0.25 / 0.5) + 0.75 * log(0.75 / 0.5)
    #expect(abs(Double(first.klDivergence(to: second).scalar) - expected) < 1e-6)
    #expect(
      gradientErrors(of: { $0[0].klDivergence(to: $0[1]) }, at: [first, second]).allSatisfy { $0 < 1e-2 })
  }

  @Test func entropyIsLargestForTheUndecided() {
    #expect(abs(Double(Tensor.zeros([1, 5]).entropy().scalar) - log(5)) < 1e-6)
    #expect(Tensor([100, 0, 0], shape: [1, 3]).entropy().scalar < 1e-30)
    let logits = Tensor([0.3, -1, 2], shape: [1, 3])
    #expect(gradientErrors(of: { $0[0].entropy() }, at: [logits])[0] < 1e-2)
  }

  @Test(arguments: [Float(0.5), 2])
  func huberIsQuadraticThenLinear(_ delta: Float) {
    let errors = Tensor([0, 0.25, -0.25, 3, -3])
    let expected = errors.elements.map { error in
      abs(error) <= delta ? error * error / 2 : delta * (abs(error) - delta / 2)
    }
    #expect(relativeError(errors.huber(to: .zeros([5]), delta: delta).elements, expected) < 1e-6)
  }

  /// However sure the label is and wherever the logits lie, each entry of the gradient is that of Float64 to its own rounding:
  /// its sign is what attacks follow. The gradient of the logarithm is right to the rounding of 1.
  @Test(arguments: [Float(0), 1000, -300])
  func crossEntropyHasAnExactGradient(_ shift: Float) {
    let rows: [[Float]] = [
      [0, -14, -15.5, -13.25], [20, 3.5, 4, -2], [0.5, 0.25, -1, 2], [-30, 0, 1, -4],
    ]
    let logits = rows.map { $0.map { $0 + shift } }
    let labels = [0, 0, 3, 1]
    let (at, weights) = (Tensor(logits.flatMap { $0 }, shape: [4, 4]), Tensor([1, -2, 0.5, 3]))
    let exact = zip(zip(logits, labels), weights.elements).flatMap { row, weight -> [Double] in
      let powers = row.0.map { Foundation.exp(Double($0) - Double(row.0[row.1])) }
      let sum = powers.reduce(0, +)
      let others = powers.enumerated().reduce(0) { $0 + ($1.offset == row.1 ? 0 : $1.element) }
      return powers.enumerated().map { Double(weight) * ($0.offset == row.1 ? -others : $0.element) / sum }
    }
    let entropies = Tensors.gradient(of: { ($0.crossEntropy(with: labels) * weights).sum() }, at: at)
    #expect(zip(entropies.elements, exact).allSatisfy { abs(Double($0) - $1) <= 3e-6 * abs($1) })
    let logarithms = Tensors.gradient(of: { -($0.logProbabilities(of: labels) * weights).sum() }, at: at)
    #expect(zip(logarithms.elements, exact).allSatisfy { abs(Double($0) - $1) <= 3e-4 })
  }

  /// Logits far apart: the probabilities of Float32 would be 0 and 1, the loss and its gradient must stay finite.
  @Test func crossEntropyStandsLargeLogits() {
    let (value, gradient) = valueAndGradient(
      of: { $0.crossEntropy(with: [1]).sum() }, at: Tensor([1000, -1000, 0], shape: [1, 3]))
    #expect(value.scalar == 2000)
    #expect(gradient.elements == [1, -1, 0])
  }
}

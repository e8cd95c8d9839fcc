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

  /// Logits far apart: the probabilities of Float32 would be 0 and 1, the loss and its gradient must stay finite.
  @Test func crossEntropyStandsLargeLogits() {
    let (value, gradient) = valueAndGradient(
      of: { $0.crossEntropy(with: [1]).sum() }, at: Tensor([1000, -1000, 0], shape: [1, 3]))
    #expect(value.scalar == 2000)
    #expect(gradient.elements == [1, -1, 0])
  }
}

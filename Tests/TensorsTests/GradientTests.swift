import RandomStreams
import Tensors
import TestSupport
import Testing

/// An operation and where its gradients are compared with central differences.
struct GradientCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// Drawn inputs, each of which is differentiated at.
  let inputs: @Sendable (inout RandomStream) -> [Tensor]
  let operation: @Sendable ([Tensor]) -> Tensor

  /// An operation on any number of tensors.
  init(
    _ name: String, _ inputs: @escaping @Sendable (inout RandomStream) -> [Tensor],
    _ operation: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    (testDescription, self.inputs, self.operation) = (name, inputs, operation)
  }

  /// An operation on one tensor away from kinks.
  init(_ name: String, _ shape: Shape = [3, 4], _ operation: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name, { [$0.spacedTensor(shape)] }, { operation($0[0]) })
  }

  /// An operation on one positive tensor.
  init(positive name: String, _ operation: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name, { [$0.tensor([3, 4], in: 0.5...2)] }, { operation($0[0]) })
  }
}

struct GradientTests {
  @Test(arguments: GradientCase.all)
  func agreesWithCentralDifferences(_ example: GradientCase) {
    var random = RandomStream(seed: 3)
    for error in gradientErrors(of: example.operation, at: example.inputs(&random)) {
      #expect(error < 2e-3)
    }
  }

  @Test(arguments: [
    Activation.identity, .relu, .leakyReLU(slope: 0.2), .tanh, .sigmoid,
  ])
  func denseAgreesWithCentralDifferences(_ activation: Activation) {
    for (rows, inputs, outputs) in [(1, 1, 1), (3, 5, 2), (2, 4, 17), (4, 19, 3)] {
      var random = RandomStream(seed: 4)
      let arguments = [
        random.tensor([rows, inputs]), random.tensor([inputs, outputs]),
        // Far enough from zero that no sum comes near the kink.
        random.tensor([outputs], in: 0.5...1) * Tensor((0..<outputs).map { Float($0 % 2 * 40 - 20) }),
      ]
      // A saturated tanh has no slope to compare; only the piecewise linear ones need the distance.
      let scale: Float = activation == .tanh || activation == .sigmoid ? 0.03 : 1
      let scaled = [arguments[0], arguments[1], arguments[2] * scale]
      let errors = gradientErrors(
        of: { $0[0].dense($0[1], bias: $0[2], activation: activation) }, at: scaled)
      for error in errors { #expect(error < 5e-3, "\(rows), \(inputs), \(outputs)") }
    }
  }
}

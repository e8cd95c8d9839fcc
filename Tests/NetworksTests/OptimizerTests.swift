import Networks
import Tensors
import TestSupport
import Testing

struct OptimizerTests {
  @Test func descentWithMomentumAgreesWithTheReference() throws {
    try follows("sgd", Optimizer(SGD(momentum: 0.9)), steps: 3)
  }

  @Test func adamAgreesWithTheReference() throws {
    try follows("adam", Optimizer(Adam()), steps: 5)
  }

  /// The recorded trajectory down a quadratic.
  private func follows<Rule>(_ name: String, _ start: Optimizer<Rule>, steps: Int) throws {
    let fixture = try ReferenceFixture("losses")
    let (center, curvature) = (try fixture["quadratic.center"], try fixture["quadratic.curvature"])
    var optimizer = start
    var parameters = [try fixture["quadratic.start"]]
    for step in 1...steps {
      optimizer.update(&parameters, along: [curvature * (parameters[0] - center)], learningRate: 0.1)
      #expect(try fixture.error(of: parameters[0], "\(name).\(step)") < 1e-5)
      #expect(optimizer.step == step)
    }
    #expect(optimizer.state.count == 1)
    #expect(optimizer.state[0].count == optimizer.rule.stateCount)
  }

  /// Without momentum a step is the rate times the gradient, and earlier gradients are forgotten.
  @Test func descentWithoutMomentum() {
    var optimizer = Optimizer(SGD())
    var parameters = [Tensor([1, 2])]
    optimizer.update(&parameters, along: [Tensor([4, -8])], learningRate: 0.25)
    #expect(parameters == [Tensor([0, 4])])
    optimizer.update(&parameters, along: [Tensor([0, 4])], learningRate: 0.5)
    #expect(parameters == [Tensor([0, 2])])
  }

  /// Adam's first step is the learning rate against the gradient's sign, however large the gradient.
  @Test func adamBeginsWithTheSign() {
    var optimizer = Optimizer(Adam())
    var parameters = [Tensor([0, 0, 0])]
    optimizer.update(&parameters, along: [Tensor([1e-3, -5, 0])], learningRate: 0.01)
    #expect(relativeError(parameters[0].elements, [-0.01, 0.01, 0]) < 1e-4)
  }

  /// A snapshot taken before a step, of parameters or of the optimizer, is not changed by it.
  @Test func aStepLeavesCopiesAlone() {
    var optimizer = Optimizer(Adam())
    var parameters = [Tensor([1, 2])]
    optimizer.update(&parameters, along: [Tensor([1, 1])], learningRate: 0.1)
    let (before, state, snapshot) = (parameters, optimizer.state, optimizer)
    let elements = parameters[0].elements
    let moments = state[0].map(\.elements)
    optimizer.update(&parameters, along: [Tensor([5, -1])], learningRate: 0.1)
    #expect(before[0].elements == elements)
    #expect(state[0].map(\.elements) == moments)

    // The snapshot goes on to the same result.
    var resumed = snapshot
    var again = before
    resumed.update(&again, along: [Tensor([5, -1])], learningRate: 0.1)
    #expect(again == parameters)
  }

  /// PyTorch adds 1e-6 to the norm before it divides, hence the tolerance.
  @Test func clippingAgreesWithTheReference() throws {
    let fixture = try ReferenceFixture("losses")
    let gradients = try (0..<3).map { try fixture["clip.input.\($0)"] }
    let result = clipped(gradients, toGlobalNorm: 1)
    #expect(relativeError([result.norm], try fixture["clip.norm"].elements) < 1e-6)
    for index in 0..<3 {
      #expect(try fixture.error(of: result.gradients[index], "clip.output.\(index)") < 1e-5)
    }
  }

  @Test func clippingLeavesSmallGradientsAlone() {
    let gradients = [Tensor([3]), Tensor([4])]
    #expect(clipped(gradients, toGlobalNorm: 5).gradients == gradients)
    #expect(clipped(gradients, toGlobalNorm: 5).norm == 5)
    #expect(relativeError(clipped(gradients, toGlobalNorm: 2.5).gradients[1].elements, [2]) < 1e-6)
  }

  /// Moments of other shapes would be written beyond their ends.
  @Test func goesOnForTheSameParametersAlone() throws {
    var optimizer = Optimizer(Adam())
    var parameters = [Tensor([1, 2, 3])]
    let gradients = [Tensor([1, 0, -1])]
    try optimizer.restore(optimizer.savedState, for: parameters)
    optimizer.update(&parameters, along: gradients, learningRate: 0.1)
    let saved = optimizer.savedState
    for others in [[Tensor([1, 2])], [Tensor([1, 2, 3], shape: [3, 1])], [], parameters + parameters] {
      #expect(throws: DecodingError.self) { try optimizer.restore(saved, for: others) }
    }
    var copy = Optimizer(Adam())
    try copy.restore(saved, for: parameters)
    var others = parameters
    copy.update(&others, along: gradients, learningRate: 0.1)
    optimizer.update(&parameters, along: gradients, learningRate: 0.1)
    #expect(others == parameters)
  }
}

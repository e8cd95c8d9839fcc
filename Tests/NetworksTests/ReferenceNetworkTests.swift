import Networks
import Tensors
import TestSupport
import Testing

/// Whole networks against PyTorch's values.
struct ReferenceNetworkTests {
  @Test(arguments: ReferenceNetwork.all)
  func drawsWhatTheScriptDrew(_ reference: ReferenceNetwork) throws {
    let fixture = try ReferenceFixture(reference.name)
    let drawn = try reference.draw()
    #expect(try fixture["labels"].elements == drawn.labels.map { Float($0) })
    #expect(try fixture.error(of: drawn.observations, "observations") < 1e-7)
  }

  @Test(arguments: ReferenceNetwork.all)
  func valuesAndGradients(_ reference: ReferenceNetwork) throws {
    let fixture = try ReferenceFixture(reference.name)
    let drawn = try reference.draw()
    #expect(try fixture.error(of: drawn.network(drawn.observations), "logits") < 1e-4)

    let atInput = valueAndGradient(
      of: { drawn.network($0).crossEntropy(with: drawn.labels).mean() }, at: drawn.observations)
    #expect(try fixture.error(of: atInput.value.reshaped(to: [1]), "loss") < 1e-4)
    #expect(try fixture.error(of: atInput.gradient, "input.gradient") < 1e-4)

    let (value, gradients) = valueAndGradients(
      of: { network in network(drawn.observations).crossEntropy(with: drawn.labels).mean() },
      at: drawn.network
    )
    #expect(value == atInput.value)
    for (name, gradient) in zip(drawn.parameterNames, gradients) {
      #expect(try fixture.error(of: gradient, "gradient.\(name)") < 1e-4, "\(name)")
    }
  }

  @Test(arguments: ReferenceNetwork.all)
  func fiveStepsOfAdam(_ reference: ReferenceNetwork) throws {
    let fixture = try ReferenceFixture(reference.name)
    let drawn = try reference.draw()
    var network = drawn.network
    var optimizer = Optimizer(Adam())
    for _ in 0..<5 {
      let (_, gradients) = valueAndGradients(
        of: { network in network(drawn.observations).crossEntropy(with: drawn.labels).mean() }, at: network)
      optimizer.update(&network.parameters, along: gradients, learningRate: 1e-3)
    }
    #expect(optimizer.step == 5)
    for (name, parameter) in zip(drawn.parameterNames, network.parameters) {
      #expect(try fixture.error(of: parameter, "after-adam.\(name)") < 1e-4, "\(name)")
    }
  }

  @Test(arguments: ReferenceNetwork.all)
  func fastGradientSign(_ reference: ReferenceNetwork) throws {
    let fixture = try ReferenceFixture(reference.name)
    let drawn = try reference.draw()
    let actions = drawn.network(drawn.observations).argmax()
    let direction = gradient(
      of: { drawn.network($0).crossEntropy(with: actions).mean() }, at: drawn.observations)
    let perturbed = (drawn.observations + 8 / 255 * direction.sign()).clamped(to: 0...1)
    #expect(try fixture.error(of: perturbed, "fgsm") < 1e-4)
  }
}

import Networks
import RandomStreams
import TestSupport
import Tensors
import Testing

/// Layers that the networks of `ReferenceNetwork` do not have, one at a time.
struct LayerTests {
  /// A network of one layer with given parameters.
  private static func network(_ layer: Layer, input: [Int], _ parameters: [Tensor]) -> Network {
    try! Network(.init(input: input, layers: [layer]), parameters: parameters)
  }

  /// One layer's case: parameters by name, as the script calls them.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let layer: Layer
    let input: [Int]
    let parameters: [String]
  }

  static let cases = [
    Case(
      testDescription: "layer-norm", layer: .layerNorm(activation: .tanh), input: [3, 3, 8],
      parameters: ["scale", "bias"]),
    Case(testDescription: "maxout", layer: .maxout(pieces: 3), input: [12], parameters: []),
    Case(
      testDescription: "dueling", layer: .dueling(outputs: 4), input: [10],
      parameters: ["value.weight", "value.bias", "advantage.weight", "advantage.bias"]),
  ]

  @Test(arguments: cases)
  func agreesWithPyTorch(_ item: Case) throws {
    let fixture = try ReferenceFixture("layers")
    let name = item.testDescription
    let names = ["input"] + item.parameters
    let leaves = try names.map { try fixture["\(name).\($0)"].tracked() }
    let outputs = Self.network(item.layer, input: item.input, Array(leaves.dropFirst()))(leaves[0])
    #expect(try fixture.error(of: outputs, "\(name).outputs") < 1e-5)
    let gradients = (outputs * (try fixture["\(name).weights"])).sum().gradients(at: leaves)
    for (key, gradient) in zip(names, gradients) {
      #expect(try fixture.error(of: gradient, "\(name).\(key).gradient") < 1e-4, "\(key)")
    }
  }

  /// Three steps, the second row's state forgotten before the third.
  private static func unrolled(_ inputs: [Tensor]) -> (outputs: Tensor, cell: Tensor) {
    let network = network(.lstm(units: 5), input: [4], [inputs[1], inputs[2]])
    var state = [inputs[3], inputs[4]]
    var outputs: [Tensor] = []
    for step in 0..<3 {
      let keep = Tensor([1, step == 2 ? 0 : 1], shape: [2, 1])
      state = state.map { $0 * keep }
      let input = inputs[0].slice(step..<(step + 1)).reshaped(to: [2, 4])
      outputs.append(network(input, state: &state).reshaped(to: [1, 2, 5]))
    }
    return (.concatenate(outputs), state[1])
  }

  @Test func memoryAgreesWithPyTorch() throws {
    let fixture = try ReferenceFixture("layers")
    let names = ["input", "weight", "bias", "hidden", "cell"]
    let leaves = try names.map { try fixture["lstm.\($0)"].tracked() }
    let (outputs, cell) = Self.unrolled(leaves)
    #expect(try fixture.error(of: outputs, "lstm.outputs") < 1e-5)
    #expect(try fixture.error(of: cell, "lstm.last-cell") < 1e-5)
    let gradients = (outputs * (try fixture["lstm.weights"])).sum().gradients(at: leaves)
    for (key, gradient) in zip(names, gradients) {
      #expect(try fixture.error(of: gradient, "lstm.\(key).gradient") < 1e-4, "\(key)")
    }
  }

  @Test(arguments: cases)
  func gradientsAgreeWithFiniteDifferences(_ item: Case) throws {
    var random = RandomStream(seed: 21)
    let shapes = try Network.Architecture(input: item.input, layers: [item.layer]).parameters.map(\.shape)
    let inputs = [random.spacedTensor(Shape([2] + item.input))] + shapes.map { random.tensor($0) }
    let errors = gradientErrors(
      of: { Self.network(item.layer, input: item.input, Array($0.dropFirst()))($0[0]) }, at: inputs)
    for error in errors { #expect(error < 2e-3) }
  }

  @Test func memorysGradientsAgreeWithFiniteDifferences() {
    var random = RandomStream(seed: 22)
    let inputs = [[3, 2, 4], [9, 20], [20], [2, 5], [2, 5]].map { random.tensor(Shape($0)) }
    for error in gradientErrors(of: { Self.unrolled($0).outputs }, at: inputs) { #expect(error < 2e-3) }
  }

  /// The mean of the Q-values is the value, so adding a number to all advantages changes nothing.
  @Test func onlyDifferencesOfAdvantagesCount() throws {
    var random = RandomStream(seed: 23)
    var network = try Network(
      .init(input: [6], layers: [.dueling(outputs: 3)]), initializer: .orthogonal, using: &random)
    let inputs = random.tensor([4, 6])
    let before = network(inputs)
    network.parameters[3] = network.parameters[3] + 5
    #expect(relativeError(network(inputs), before) < 1e-5)
  }

  /// Weights drawn, scales one, biases zero; an LSTM's two matrices are orthogonal each.
  @Test func initialParameters() throws {
    var random = RandomStream(seed: 24)
    let network = try Network(
      .init(
        input: [8],
        layers: [
          .dense(outputs: 8, activation: .identity), .layerNorm(activation: .relu), .lstm(units: 4),
          .dueling(outputs: 2),
        ]), initializer: .orthogonal, using: &random)
    #expect(network.parameters[2] == Tensor(repeating: 1, shape: [8]))
    for index in [1, 3, 5, 7, 9] {
      #expect(network.parameters[index] == .zeros(network.parameters[index].shape))
    }
    let weight = network.parameters[4]
    #expect(weight.shape == [12, 16])
    for (rows, count) in [(0..<8, 8), (8..<12, 4)] {
      let block = weight.slice(rows)
      for first in 0..<count {
        for second in 0..<count {
          let product = (block.slice(first..<(first + 1)) * block.slice(second..<(second + 1))).sum().scalar
          #expect(abs(product - (first == second ? 1 : 0)) < 1e-5)
        }
      }
    }
  }

  @Test func misfitsAreNamed() {
    let misfits: [(String, Layer)] = [
      ("two halves, not 5 inputs", .dueling(outputs: 2)), ("maxout of 2 pieces", .maxout(pieces: 2)),
      ("maxout of 0 pieces", .maxout(pieces: 0)), ("an LSTM layer needs at least one", .lstm(units: 0)),
      ("is too large", .lstm(units: 1 << 40)),
    ]
    for (words, layer) in misfits {
      let error = #expect(throws: NetworkError.self) { try Network.Architecture(input: [5], layers: [layer]) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }
  }

  @Test func oneNetworkFollowsAnother() throws {
    var random = RandomStream(seed: 25)
    let first = try Network(
      .init(input: [3], layers: [.dense(outputs: 4, activation: .tanh)]), initializer: .kaiming,
      using: &random)
    let second = try Network(
      .init(input: [4], layers: [.dense(outputs: 2, activation: .relu)]), initializer: .kaiming,
      using: &random)
    let inputs = random.tensor([5, 3])
    let joined = first.followed(by: second)
    #expect(joined(inputs) == second(first(inputs)))
    // Behind the seam the parameters belong to the same layers as in a network made whole.
    let whole = try Network(
      .init(input: first.architecture.input, layers: first.architecture.layers + second.architecture.layers),
      parameters: joined.parameters)
    #expect(joined == whole)
  }
}

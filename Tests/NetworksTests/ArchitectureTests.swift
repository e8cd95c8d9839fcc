import Foundation
import Networks
import RandomStreams
import Tensors
import TestSupport
import Testing

struct ArchitectureTests {
  static let layers: [Layer] = [
    .convolution(filters: 8, kernel: [3, 2], stride: 2, padding: .same, activation: .leakyReLU(slope: 0.1)),
    .flatten, .dense(outputs: 16, activation: .tanh), .dense(outputs: 3, activation: .identity),
  ]

  @Test func namesAndShapesOfParameters() throws {
    let architecture = try Network.Architecture(input: [9, 7, 4], layers: Self.layers)
    let named = architecture.parameters
    #expect(named.map(\.name) == ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"])
    #expect(named.map(\.shape) == [[3, 2, 4, 8], [8], [160, 16], [16], [16, 3], [3]])
    #expect(architecture.output == [3])
  }

  /// A network that cannot be built, and what the message must name.
  struct Misfit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: [Int]
    let layers: [Layer]

    init(_ message: String, input: [Int], _ layers: Layer...) {
      (testDescription, self.input, self.layers) = (message, input, layers)
    }
  }

  static let misfits = [
    Misfit("must be positive, not []", input: []),
    Misfit("an example has 1 to 5 extents", input: [1, 1, 1, 1, 1, 1], .flatten),
    Misfit(
      "is too large", input: [4, 4, 1],
      .convolution(filters: 1, kernel: 2, stride: .max, padding: .same, activation: .relu)),
    Misfit(
      "is too large", input: [4, 4, 1],
      .convolution(filters: 1, kernel: [.max, .max], stride: 1, padding: .same, activation: .relu)),
    Misfit("must be positive, not [3, 0]", input: [3, 0]),
    Misfit("must be positive, not [-1]", input: [-1], .dense(outputs: 2, activation: .relu)),
    Misfit("layer 0: a dense layer needs a vector", input: [4, 4, 1], .dense(outputs: 2, activation: .relu)),
    Misfit(
      "layer 1: a dense layer needs at least one output", input: [4], .dense(outputs: 4, activation: .relu),
      .dense(outputs: 0, activation: .relu)),
    Misfit(
      "layer 0: a convolution needs [height, width, channels], not [16]", input: [16],
      .convolution(filters: 2, kernel: 3, activation: .relu)),
    Misfit(
      "layer 1: a kernel of 3×3 does not fit into 2×2", input: [4, 4, 1],
      .convolution(filters: 2, kernel: 3, activation: .relu),
      .convolution(filters: 2, kernel: 3, activation: .relu)),
    Misfit("must be positive", input: [4, 4, 1], .convolution(filters: 2, kernel: 0, activation: .relu)),
    Misfit(
      "must be positive", input: [4, 4, 1], .convolution(filters: 2, kernel: 2, stride: 0, activation: .relu)),
    Misfit("must be positive", input: [4, 4, 1], .convolution(filters: 0, kernel: 2, activation: .relu)),
    Misfit(
      "must be positive", input: [4, 4, 1],
      .convolution(filters: 1, kernel: [2], stride: 1, padding: .valid, activation: .relu)),
  ]

  @Test(arguments: misfits)
  func aMisfitIsNamed(_ misfit: Misfit) throws {
    let error = #expect(throws: NetworkError.self) {
      try Network.Architecture(input: misfit.input, layers: misfit.layers)
    }
    #expect(try #require(error).description.contains(misfit.testDescription))
  }

  /// A policy file is read from outside: what it holds must not stop the program.
  @Test func aDecodedMisfitIsAnErrorToo() throws {
    let good = try Network.Architecture(input: [4], layers: [.dense(outputs: 2, activation: .relu)])
    let text = String(decoding: try JSONEncoder().encode(good), as: UTF8.self)
    for (original, changed) in [
      ("[4]", "[-4]"), ("[4]", "[4611686018427387904]"), ("[4]", "[4611686018427387904,4,4]"),
      ("\"outputs\":2", "\"outputs\":4611686018427387904"),
    ] {
      let data = Data(text.replacing(original, with: changed).utf8)
      #expect(data != Data(text.utf8))
      #expect(throws: (any Error).self) {
        var random = RandomStream(seed: 0)
        let architecture = try JSONDecoder().decode(Network.Architecture.self, from: data)
        _ = try Network(architecture, initializer: .kaiming, using: &random)
      }
    }
  }

  @Test func architecturesSurviveCoding() throws {
    let architecture = try Network.Architecture(input: [9, 7, 4], layers: Self.layers)
    let data = try JSONEncoder().encode(architecture)
    #expect(try JSONDecoder().decode(Network.Architecture.self, from: data) == architecture)
  }

  @Test func parametersMustFit() throws {
    let architecture = try Network.Architecture(input: [4], layers: [.dense(outputs: 2, activation: .relu)])
    let tooFew = #expect(throws: NetworkError.self) {
      try Network(architecture, parameters: [.zeros([4, 2])])
    }
    #expect(tooFew?.description == "the architecture has 2 parameters, not 1")
    let turned = #expect(throws: NetworkError.self) {
      try Network(architecture, parameters: [.zeros([2, 4]), .zeros([2])])
    }
    #expect(turned?.description == "0.weight must have the shape [4, 2], not [2, 4]")
  }

  @Test func imagesMayComeFlattenedToANetworkOfVectors() throws {
    var random = RandomStream(seed: 14)
    let network = try Network(
      .init(input: [12], layers: [.dense(outputs: 3, activation: .tanh)]), initializer: .kaiming,
      using: &random)
    let images = random.tensor([5, 2, 3, 2])
    #expect(network(images) == network(images.flattened()))
    #expect(network(images).shape == [5, 3])
  }

  /// A copy is trained without the original, as a target network requires.
  @Test func aCopyIsIndependent() throws {
    var random = RandomStream(seed: 15)
    let original = try Network(
      .init(input: [2], layers: [.dense(outputs: 2, activation: .relu)]), initializer: .kaiming,
      using: &random)
    var copy = original
    let before = original.parameters[0].elements
    var optimizer = Optimizer(SGD())
    optimizer.update(
      &copy.parameters, along: copy.parameters.map { Tensor(repeating: 1, shape: $0.shape) }, learningRate: 1)
    #expect(original.parameters[0].elements == before)
    #expect(copy != original)
  }
}

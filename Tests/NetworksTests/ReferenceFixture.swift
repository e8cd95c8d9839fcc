import Foundation
import Networks
import RandomStreams
import Tensors
import TestSupport
import Testing

/// What PyTorch computed, as `Scripts/reference_fixtures.py` recorded it.
struct ReferenceFixture {
  let file: Safetensors

  init(_ name: String) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name).safetensors")
    file = try Safetensors(contentsOf: url)
  }

  /// A tensor that was recorded in full.
  subscript(name: String) -> Tensor {
    get throws {
      guard let entry = file[name] else { throw MissingEntry(name: name) }
      return Tensor(entry.elements, shape: Shape(entry.shape))
    }
  }

  struct MissingEntry: Error { let name: String }

  /// The relative error against a recorded tensor; of a large one its norm and a sample of its entries are recorded, and
  /// the larger of both errors counts.
  func error(of value: Tensor, _ name: String) throws -> Double {
    if file[name] != nil { return relativeError(value, try self[name]) }
    let elements = value.elements
    let norm = elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let sample = try self["\(name).indices"].elements.map { elements[Int($0)] }
    return max(
      relativeError([Float(norm)], try self["\(name).norm"].elements),
      relativeError(sample, try self["\(name).entries"].elements))
  }
}

/// A network of the script, drawn as it draws.
struct ReferenceNetwork: Sendable, CustomTestStringConvertible {
  let name: String
  let seed: UInt64
  let batch: Int
  let input: [Int]
  let layers: [Layer]

  var testDescription: String { name }

  static let all = [
    ReferenceNetwork(
      name: "mlp-tanh", seed: 1, batch: 5, input: [147],
      layers: [
        .dense(outputs: 64, activation: .tanh), .dense(outputs: 64, activation: .tanh),
        .dense(outputs: 7, activation: .identity),
      ]),
    ReferenceNetwork(
      name: "mlp-relu", seed: 2, batch: 5, input: [147],
      layers: [
        .dense(outputs: 64, activation: .relu), .dense(outputs: 64, activation: .relu),
        .dense(outputs: 7, activation: .identity),
      ]),
    ReferenceNetwork(
      name: "conv-small", seed: 3, batch: 5, input: [10, 10, 4],
      layers: [
        .convolution(filters: 16, kernel: 3, activation: .relu), .flatten,
        .dense(outputs: 128, activation: .relu), .dense(outputs: 6, activation: .identity),
      ]),
    ReferenceNetwork(
      name: "conv-atari", seed: 4, batch: 3, input: [84, 84, 4],
      layers: [
        .convolution(filters: 32, kernel: 8, stride: 4, activation: .relu),
        .convolution(filters: 64, kernel: 4, stride: 2, activation: .relu),
        .convolution(filters: 64, kernel: 3, activation: .relu), .flatten,
        .dense(outputs: 512, activation: .relu), .dense(outputs: 6, activation: .identity),
      ]),
    ReferenceNetwork(
      name: "conv-same", seed: 5, batch: 5, input: [11, 9, 3],
      layers: [
        .convolution(filters: 5, kernel: [3, 4], stride: 2, padding: .same, activation: .tanh),
        .convolution(
          filters: 4, kernel: [2, 2], stride: 1, padding: .same, activation: .leakyReLU(slope: 0.01)),
        .flatten, .dense(outputs: 5, activation: .identity),
      ]),
  ]

  struct Draw {
    let network: Network
    let parameterNames: [String]
    let observations: Tensor
    let labels: [Int]
  }

  /// Weights and biases layer by layer, then observations, then labels.
  func draw() throws -> Draw {
    var random = RandomStream(seed: seed)
    let architecture = try Network.Architecture(input: input, layers: layers)
    let named = architecture.parameters
    let parameters = named.map { name, shape in
      let fanIn = shape.dimensions.dropLast().reduce(1, *)
      let scale = name.hasSuffix("weight") ? 1 / Double(fanIn).squareRoot() : 0.1
      return Tensor((0..<shape.count).map { _ in Float((2 * random.uniform() - 1) * scale) }, shape: shape)
    }
    let shape = Shape([batch] + input)
    let observations = Tensor((0..<shape.count).map { _ in Float(random.uniform()) }, shape: shape)
    let actions = architecture.output[0]
    let labels = (0..<batch).map { _ in random.index(below: actions) }
    return Draw(
      network: try Network(architecture, parameters: parameters), parameterNames: named.map(\.name),
      observations: observations, labels: labels)
  }
}

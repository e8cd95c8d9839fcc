import Networks
import RandomStreams
import Tensors
import TestSupport
import Testing

/// A batch shared out over threads.
struct ShardedGradientTests {
  private let rows = 150
  private let network: Network
  private let examples: Tensor
  private let labels: [Int]

  init() throws {
    var random = RandomStream(seed: 13)
    network = try Network(
      .init(
        input: [6, 6, 2],
        layers: [
          .convolution(filters: 4, kernel: 3, activation: .tanh), .flatten,
          .dense(outputs: 5, activation: .identity),
        ]), initializer: .orthogonal, using: &random)
    examples = random.tensor([rows, 6, 6, 2])
    labels = (0..<rows).map { _ in random.index(below: 5) }
  }

  private func sharded(_ threads: Int) -> (value: Tensor, gradients: [Tensor]) {
    let (examples, labels, rows) = (examples, labels, rows)
    return Workers(threads: threads).valueAndGradients(
      of: { (network: Network, range: Range<Int>) in
        network(examples.slice(range)).crossEntropy(with: Array(labels[range])).sum() / Float(rows)
      }, at: network, rows: rows)
  }

  @Test func equalsTheWholeBatch() {
    let whole = valueAndGradients(
      of: { network in network(examples).crossEntropy(with: labels).mean() }, at: network)
    let parts = sharded(2)
    #expect(relativeError(parts.value, whole.value) < 1e-5)
    for (part, expected) in zip(parts.gradients, whole.gradients) {
      #expect(relativeError(part, expected) < 1e-5)
    }
  }

  @Test(arguments: [2, 3, 7])
  func hasTheSameBitsWithAnyNumberOfThreads(_ threads: Int) {
    let (one, several) = (sharded(1), sharded(threads))
    #expect(one.value == several.value)
    #expect(one.gradients == several.gradients)
  }

  @Test func noRowsGiveZeros() {
    let result = Workers(threads: 2).valueAndGradients(
      of: { (network: Network, _: Range<Int>) in network.parameters[0].sum() }, at: network, rows: 0)
    #expect(result.value == Tensor(0))
    #expect(result.gradients == network.parameters.map { .zeros($0.shape) })
  }

  /// A parameter that the loss does not use has a gradient all the same, in its place.
  @Test func unusedParametersHaveZeroGradients() {
    let (_, gradients) = valueAndGradients(of: { network in network.parameters[2].sum() }, at: network)
    #expect(gradients.map(\.shape) == network.parameters.map(\.shape))
    #expect(gradients[0] == .zeros(network.parameters[0].shape))
    #expect(gradients[2] == Tensor(repeating: 1, shape: network.parameters[2].shape))
  }

  @Test func anErrorInAShardPassesThrough() {
    struct Failure: Error, Equatable { let start: Int }
    #expect(throws: Failure(start: 64)) {
      try Workers(threads: 2).valueAndGradients(
        of: { (network: Network, range: Range<Int>) throws(Failure) -> Tensor in
          if range.lowerBound > 0 { throw Failure(start: range.lowerBound) }
          return network.parameters[0].sum()
        }, at: network, rows: rows)
    }
  }
}

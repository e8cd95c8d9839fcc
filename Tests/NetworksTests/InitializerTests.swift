import Networks
import RandomStreams
import Tensors
import TestSupport
import Testing

struct InitializerTests {
  /// The weights of a hidden and of an output layer.
  private func network(
    _ initializer: Initializer, inputs: Int = 200, hidden: Int = 50, activation: Activation = .relu,
    outputGain: Float = 1
  ) throws -> Network {
    var random = RandomStream(seed: 11)
    return try Network(
      .init(
        input: [inputs],
        layers: [
          .dense(outputs: hidden, activation: activation), .dense(outputs: 10, activation: .identity),
        ]), initializer: initializer, outputGain: outputGain, using: &random)
  }

  /// The products of all columns (or rows, of which there are fewer) with one another are the gain's square on the
  /// diagonal, and zero elsewhere.
  @Test(arguments: [(200, 50), (50, 200), (30, 30), (1, 7)])
  func orthogonal(_ inputs: Int, _ outputs: Int) throws {
    let weight = try network(.orthogonal, inputs: inputs, hidden: outputs).parameters[0].elements
    let vectors = (0..<min(inputs, outputs)).map { vector in
      (0..<max(inputs, outputs)).map { element in
        Double(
          inputs >= outputs ? weight[element * outputs + vector] : weight[vector * outputs + element])
      }
    }
    for (index, vector) in vectors.enumerated() {
      for (otherIndex, other) in vectors.enumerated() {
        let product = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        // ReLU's gain is √2.
        #expect(abs(product - (index == otherIndex ? 2 : 0)) < 1e-5)
      }
    }
  }

  /// A convolution's weight is orthogonal as the matrix of patches by filters.
  @Test func orthogonalConvolution() throws {
    var random = RandomStream(seed: 12)
    let network = try Network(
      .init(
        input: [8, 8, 4], layers: [.convolution(filters: 6, kernel: 3, activation: .identity), .flatten]),
      initializer: .orthogonal, using: &random)
    let matrix = network.parameters[0].reshaped(to: [36, 6])
    for (first, second) in [(0, 0), (0, 1), (2, 5), (5, 5)] {
      let product =
        matrix.slice(first..<(first + 1), alongAxis: 1) * matrix.slice(second..<(second + 1), alongAxis: 1)
      #expect(abs(product.sum().scalar - (first == second ? 1 : 0)) < 1e-5)
    }
  }

  /// Uniform in its bounds, so of variance gain² / inputs.
  @Test(arguments: [
    (Activation.relu, 2.0), (.identity, 1), (.tanh, 25.0 / 9), (.leakyReLU(slope: 0.5), 1.6),
  ])
  func varianceOfKaiming(_ activation: Activation, _ squaredGain: Double) throws {
    let weight = try network(.kaiming, activation: activation).parameters[0].elements.map { Double($0) }
    let mean = weight.reduce(0, +) / Double(weight.count)
    let variance = weight.reduce(0) { $0 + $1 * $1 } / Double(weight.count)
    // 10,000 draws: the variance is known to about one percent.
    #expect(abs(variance / (squaredGain / 200) - 1) < 0.03)
    #expect(abs(mean) < 0.03 * (squaredGain / 200).squareRoot())
    let bound = (3 * squaredGain / 200).squareRoot()
    #expect(weight.allSatisfy { abs($0) <= bound * 1.000_001 })
    #expect(weight.contains { abs($0) > bound * 0.99 })
  }

  @Test(arguments: Initializer.allCases)
  func biasesStartAtZeroAndTheOutputAtItsGain(_ initializer: Initializer) throws {
    let (plain, small) = (try network(initializer), try network(initializer, outputGain: 0.01))
    #expect(plain.parameters[1] == .zeros([50]))
    #expect(plain.parameters[3] == .zeros([10]))
    #expect(small.parameters[0] == plain.parameters[0])
    #expect(relativeError(small.parameters[2], plain.parameters[2] * 0.01) < 1e-5)
  }

  @Test(arguments: Initializer.allCases)
  func theSameSeedGivesTheSameWeights(_ initializer: Initializer) throws {
    #expect(try network(initializer) == network(initializer))
    var random = RandomStream(seed: 12)
    let other = try Network(
      network(initializer).architecture, initializer: initializer, using: &random)
    #expect(try network(initializer) != other)
  }
}

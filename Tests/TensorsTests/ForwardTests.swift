import RandomStreams
import Tensors
import TestSupport
import Testing

/// Values against what is easily worked out by hand.
struct ForwardTests {
  let matrix = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])

  @Test func arithmetic() {
    let other = Tensor([2, 2, 2, -1, -1, -1], shape: [2, 3])
    #expect((matrix + other).elements == [3, 4, 5, 3, 4, 5])
    #expect((matrix - other).elements == [-1, 0, 1, 5, 6, 7])
    #expect((matrix * other).elements == [2, 4, 6, -4, -5, -6])
    #expect((matrix / other).elements == [0.5, 1, 1.5, -4, -5, -6])
    #expect((1 - matrix).elements == [0, -1, -2, -3, -4, -5])
    #expect((6 / matrix).elements == [6, 3, 2, 1.5, 1.2, 1])
    #expect((matrix - 1).elements == [0, 1, 2, 3, 4, 5])
    #expect((matrix / 2).elements == [0.5, 1, 1.5, 2, 2.5, 3])
    #expect((-matrix).elements == [-1, -2, -3, -4, -5, -6])
  }

  @Test func broadcasting() {
    #expect((matrix + Tensor([10, 20, 30])).elements == [11, 22, 33, 14, 25, 36])
    #expect((matrix * Tensor([1, -1], shape: [2, 1])).elements == [1, 2, 3, -4, -5, -6])
    #expect((Tensor(7) - matrix).elements == [6, 5, 4, 3, 2, 1])
    let outer = Tensor([1, 2], shape: [2, 1]) * Tensor([1, 10, 100], shape: [1, 3])
    #expect(outer == Tensor([1, 10, 100, 2, 20, 200], shape: [2, 3]))
    #expect((Tensor([1, 2], shape: [2, 1, 1]) + matrix).shape == [2, 2, 3])
  }

  @Test func kinks() {
    let values = Tensor([-2, -0.5, 0, 0.5, 2])
    #expect(values.relu().elements == [0, 0, 0, 0.5, 2])
    #expect(values.leakyReLU(slope: 0.5).elements == [-1, -0.25, 0, 0.5, 2])
    #expect(values.abs().elements == [2, 0.5, 0, 0.5, 2])
    #expect(values.sign().elements == [-1, -1, 0, 1, 1])
    #expect(values.clamped(to: -1...0.5).elements == [-1, -0.5, 0, 0.5, 0.5])
    #expect(maximum(values, Tensor(0.25)).elements == [0.25, 0.25, 0.25, 0.5, 2])
    #expect(minimum(values, Tensor(0.25)).elements == [-2, -0.5, 0, 0.25, 0.25])
    #expect(Tensor([1, 3, 2, 0, -1, 5], shape: [1, 6]).maxout(pieces: 3) == Tensor([3, 5], shape: [1, 2]))
  }

  /// A NaN must show up in the result, not vanish behind a comparison.
  @Test func notANumberStays() {
    let values = Tensor([.nan, 1])
    for result in [values.relu(), values.leakyReLU(), values.abs(), values.clamped(to: 0...2)] {
      #expect(result.elements[0].isNaN)
    }
    for result in [maximum(values, Tensor(0)), minimum(Tensor(0), values), maximum(Tensor(0), values)] {
      #expect(result.elements[0].isNaN)
    }
    #expect(values.max().scalar.isNaN)
    #expect(values.min().scalar.isNaN)
    #expect(values.sum().scalar.isNaN)
    #expect(values.argmax() == [1])
  }

  @Test func theDocumentedDerivativesAtKinks() {
    let zero = Tensor([0])
    #expect(gradient(of: { $0.relu().sum() }, at: zero).scalar == 0)
    #expect(gradient(of: { $0.leakyReLU(slope: 0.25).sum() }, at: zero).scalar == 0.25)
    #expect(gradient(of: { $0.abs().sum() }, at: zero).scalar == 0)
    #expect(gradient(of: { $0.clamped(to: 0...1).sum() }, at: zero).scalar == 1)
    #expect(gradient(of: { maximum($0, zero).sum() }, at: zero).scalar == 0.5)
    #expect(gradient(of: { minimum($0, zero).sum() }, at: zero).scalar == 0.5)
    #expect(gradient(of: { $0.max().sum() }, at: Tensor([2, 2])).elements == [1, 0])
    #expect(gradient(of: { $0.min().sum() }, at: Tensor([2, 2])).elements == [1, 0])
  }

  @Test func reductions() {
    #expect(matrix.sum() == Tensor(21))
    #expect(matrix.mean() == Tensor(3.5))
    #expect(matrix.sum(alongAxis: 0) == Tensor([5, 7, 9]))
    #expect(matrix.sum(alongAxis: 1, keepingAxis: true) == Tensor([6, 15], shape: [2, 1]))
    #expect(matrix.mean(alongAxis: -1) == Tensor([2, 5]))
    #expect(matrix.max(alongAxis: 0, keepingAxis: true) == Tensor([4, 5, 6], shape: [1, 3]))
    #expect(matrix.max() == Tensor([3, 6]))
    #expect(matrix.min(alongAxis: 0) == Tensor([1, 2, 3]))
    #expect(Tensor([1, 3, 3, 9, 2, 9], shape: [2, 3]).argmax() == [1, 0])
    #expect(Tensor.zeros([0, 3]).sum() == Tensor(0))
    #expect(Tensor.zeros([2, 0]).sum(alongAxis: 1).elements == [0, 0])
  }

  /// Sixteen partial sums; a single running sum would be off by one percent.
  @Test func aLongSumStaysClose() {
    let tensor = Tensor(repeating: 0.1, shape: [1_000_003])
    #expect(relativeError([tensor.sum().scalar], [Float(1_000_003 * Double(Float(0.1)))]) < 1e-3)
  }

  @Test func shaping() {
    #expect(matrix.reshaped(to: [3, 2]).elements == matrix.elements)
    #expect(Tensor.zeros([2, 3, 4, 5]).flattened().shape == [2, 60])
    #expect(Tensor.zeros([0, 3, 4]).flattened().shape[0] == 0)
    #expect(matrix.slice(1..<2) == Tensor([4, 5, 6], shape: [1, 3]))
    #expect(matrix.slice(1..<3, alongAxis: 1) == Tensor([2, 3, 5, 6], shape: [2, 2]))
    #expect(matrix.slice(1..<1, alongAxis: 1).shape == [2, 0])
    #expect(matrix.rows(at: [1, 1, 0]).elements == [4, 5, 6, 4, 5, 6, 1, 2, 3])
    #expect(matrix.rows(at: []).shape == [0, 3])
    #expect(matrix.gather([2, 0]) == Tensor([3, 4]))
    #expect(Tensor.concatenate([matrix, matrix.slice(0..<1)]).elements == [1, 2, 3, 4, 5, 6, 1, 2, 3])
    let beside = Tensor.concatenate([matrix, Tensor([9, 8], shape: [2, 1])], alongAxis: 1)
    #expect(beside == Tensor([1, 2, 3, 9, 4, 5, 6, 8], shape: [2, 4]))
    #expect(Tensor([1, 2], shape: [2, 1]).broadcast(to: [2, 2]).elements == [1, 1, 2, 2])
  }

  @Test(arguments: [(1, 1, 1), (3, 5, 2), (17, 33, 9), (64, 147, 7), (0, 3, 2), (2, 0, 3)])
  func denseEqualsTheDefinition(_ rows: Int, _ inputs: Int, _ outputs: Int) {
    var random = RandomStream(seed: 7)
    let (input, weight, bias) = (
      random.tensor([rows, inputs]), random.tensor([inputs, outputs]), random.tensor([outputs])
    )
    let (x, w, b) = (input.elements, weight.elements, bias.elements)
    var expected: [Float] = []
    for row in 0..<rows {
      for output in 0..<outputs {
        let products = (0..<inputs).map { Double(x[row * inputs + $0]) * Double(w[$0 * outputs + output]) }
        expected.append(Float(products.reduce(Double(b[output]), +)))
      }
    }
    let result = input.dense(weight, bias: bias)
    #expect(relativeError(result, Tensor(expected, shape: [rows, outputs])) < 1e-6)
    for activation in [Activation.relu, .leakyReLU(slope: 0.1), .tanh, .sigmoid] {
      #expect(input.dense(weight, bias: bias, activation: activation) == result.activated(activation))
    }
  }

  @Test(arguments: [Activation.identity, .relu, .leakyReLU(slope: 0.25), .tanh, .sigmoid])
  func anActivationsNameReadsBack(_ activation: Activation) {
    #expect(Activation(activation.description) == activation)
  }

  @Test(arguments: ["", "swish", "leaky-relu", "leaky-relu()", "leaky-relu(-1)", "leaky-relu(nan)", "ReLU"])
  func otherNamesAreNoActivations(_ name: String) {
    #expect(Activation(name) == nil)
  }
}

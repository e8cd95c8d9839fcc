import RandomStreams
import Tensors
import TestSupport
import Testing

struct ConvolutionTests {
  /// The extents of a convolution.
  struct Case: Sendable, CustomTestStringConvertible {
    var batch = 2
    var image = [7, 5, 3]
    var kernel = [3, 2]
    var filters = 2
    var stride = 1
    var padding = Padding.valid

    var testDescription: String {
      "\(batch)×\(image), kernel \(kernel), filters \(filters), stride \(stride), \(padding)"
    }

    func drawn() -> DirectConvolution {
      var random = RandomStream(seed: 5)
      return DirectConvolution(
        input: random.tensor(Shape([batch] + image)),
        weight: random.tensor(Shape(kernel + [image[2], filters])), bias: random.tensor([filters]),
        stride: stride, padding: padding)
    }
  }

  static let small = [1, 2, 3].flatMap { stride in
    Padding.allCases.flatMap { padding in
      [[3, 2], [1, 1], [2, 4]].flatMap { kernel in
        [[7, 5, 3], [4, 6, 1], [5, 5, 2]].map { image in
          Case(image: image, kernel: kernel, filters: image[2] == 3 ? 1 : 3, stride: stride, padding: padding)
        }
      }
    }
  }

  /// Several tiles of patches, the last one not full; a patch that is longer than a tile is meant to be; filters that
  /// fill no vector; images that are fetched ahead.
  static let large = [
    Case(batch: 5, image: [21, 19, 4], kernel: [3, 3], filters: 8),
    Case(batch: 7, image: [21, 19, 4], kernel: [3, 4], filters: 5, padding: .same),
    Case(batch: 3, image: [40, 40, 4], kernel: [8, 8], filters: 16, stride: 4),
    Case(batch: 2, image: [12, 12, 64], kernel: [8, 8], filters: 3),
    Case(batch: 1, image: [50, 50, 1], kernel: [2, 2], filters: 1, stride: 3, padding: .same),
    Case(batch: 9, image: [11, 9, 5], kernel: [4, 3], filters: 67, stride: 2, padding: .same),
    Case(batch: 3, image: [60, 50, 6], kernel: [5, 7], filters: 33, stride: 3, padding: .same),
  ]

  @Test(arguments: small + large)
  func equalsTheDefinition(_ example: Case) {
    let direct = example.drawn()
    let leaves = [direct.input, direct.weight, direct.bias].map { $0.tracked() }
    let result = leaves[0].convolution(
      leaves[1], bias: leaves[2], stride: direct.stride, padding: direct.padding)
    #expect(relativeError(result, direct.output) < 1e-5)

    var random = RandomStream(seed: 6)
    let upstream = random.tensor(result.shape)
    let gradients = (result * upstream).sum().gradients(at: leaves)
    for (gradient, expected) in zip(gradients, direct.gradients(upstream)) {
      #expect(relativeError(gradient, expected) < 1e-5)
    }
  }

  @Test(arguments: small)
  func agreesWithCentralDifferences(_ example: Case) {
    let direct = example.drawn()
    let errors = gradientErrors(
      of: {
        $0[0].convolution(
          $0[1], bias: $0[2], stride: direct.stride, padding: direct.padding, activation: .tanh)
      }, at: [direct.input * 0.3, direct.weight * 0.3, direct.bias])
    for error in errors { #expect(error < 2e-3) }
  }

  @Test(arguments: [Activation.identity, .relu, .leakyReLU(slope: 0.2), .tanh, .sigmoid])
  func theFusedActivationIsTheSameAsOneApart(_ activation: Activation) {
    let direct = Case(padding: .same).drawn()
    let leaves = [direct.input, direct.weight, direct.bias].map { $0.tracked() }
    let fused = leaves[0].convolution(leaves[1], bias: leaves[2], padding: .same, activation: activation)
    let apart = leaves[0].convolution(leaves[1], bias: leaves[2], padding: .same).activated(activation)
    #expect(fused == apart)
    #expect(
      fused.squared().sum().gradients(at: leaves) == apart.squared().sum().gradients(at: leaves))
  }

  @Test func gradientsThatNobodyAskedForDoNotChangeTheOthers() {
    let direct = Case(stride: 2, padding: .same).drawn()
    let arguments = [direct.input, direct.weight, direct.bias]
    func gradients(asked: [Int]) -> [Tensor] {
      var used = arguments
      for index in asked { used[index] = used[index].tracked() }
      return used[0].convolution(used[1], bias: used[2], stride: 2, padding: .same).squared().sum()
        .gradients(at: asked.map { used[$0] })
    }
    let all = gradients(asked: [0, 1, 2])
    for index in 0..<3 { #expect(gradients(asked: [index]) == [all[index]]) }
  }

  @Test func extents() {
    #expect(Padding.valid.extent(84, kernel: 8, stride: 4) == 20)
    #expect(Padding.valid.extent(20, kernel: 4, stride: 2) == 9)
    #expect(Padding.valid.extent(9, kernel: 3, stride: 1) == 7)
    #expect(Padding.same.extent(11, kernel: 3, stride: 2) == 6)
    #expect(Padding.same.extent(9, kernel: 4, stride: 2) == 5)
  }

  @Test func anEmptyBatchGivesAnEmptyResult() {
    let direct = Case(batch: 0).drawn()
    let leaf = direct.weight.tracked()
    let result = direct.input.convolution(leaf, bias: direct.bias)
    #expect(result.shape == [0, 5, 4, 2])
    #expect(result.sum().gradient(at: leaf) == .zeros(leaf.shape))
  }
}

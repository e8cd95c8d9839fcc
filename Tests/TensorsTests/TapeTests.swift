import RandomStreams
@testable import Tensors
import TestSupport
import Testing

struct TapeTests {
  @Test func aValueAndItsGradient() {
    let (value, slope) = valueAndGradient(of: { ($0 * $0).sum() }, at: Tensor([1, 2, 3]))
    #expect(value.scalar == 14)
    #expect(slope.elements == [2, 4, 6])
  }

  /// Every path from a tensor that is used many times counts, at whatever depth the paths meet.
  @Test func pathsThatMeetAgainAddUp() {
    let slope = gradient(
      of: { x in
        let square = x * x
        let deep = (square + x).relu().relu().relu()
        return (square * deep + x + deep).sum()
      }, at: Tensor([2]))
    // (x² (x² + x) + x + x² + x)' = 4x³ + 3x² + 2x + 2.
    #expect(slope.scalar == 50)
  }

  /// Doubling thirty times has 2³⁰ paths: a pass that followed each would not return.
  @Test func aLadderOfDiamonds() {
    let slope = gradient(
      of: { x in
        var value = x
        for _ in 0..<30 { value = value + value }
        return value.sum()
      }, at: Tensor([1]))
    #expect(slope.scalar == 0x1p30)
  }

  /// Gradients arrive at an input over a short and a long way, whichever input of a layer it is.
  @Test(arguments: [0, 1, 2])
  func anInputDeeperThanTheOthers(_ deepest: Int) {
    var random = RandomStream(seed: 8)
    let layers: [(shapes: [Shape], apply: @Sendable ([Tensor]) -> Tensor)] = [
      ([[2, 3], [3, 4], [4]], { $0[0].dense($0[1], bias: $0[2], activation: .tanh) }),
      ([[1, 4, 4, 2], [2, 2, 2, 3], [3]], { $0[0].convolution($0[1], bias: $0[2], activation: .tanh) }),
    ]
    for layer in layers {
      let errors = gradientErrors(
        of: { arguments in
          var changed = arguments
          for _ in 0..<3 { changed[deepest] = changed[deepest].tanh() }
          // The layer's input is used once more, in what comes between.
          return layer.apply(changed).sum() + (changed[deepest] * changed[deepest]).tanh().sum()
        }, at: layer.shapes.map { random.tensor($0) })
      for error in errors { #expect(error < 5e-3) }
    }
  }

  /// A single row's gradient behind a rectifier is made only where somebody looks at it; two rows are made in full.
  @Test(arguments: [Activation.relu, .leakyReLU(slope: 0.2), .tanh, .identity])
  func aSingleRowHasTheGradientThatItHasAmongOthers(_ activation: Activation) throws {
    var random = RandomStream(seed: 9)
    let (image, other) = (random.tensor([1, 6, 5, 3]), random.tensor([1, 6, 5, 3]))
    let (kernel, offset) = (random.tensor([3, 3, 3, 8]), random.tensor([8]))
    let (wide, wideOffset) = (random.tensor([96, 150]), random.tensor([150]))
    let (last, lastOffset) = (random.tensor([150, 5]), random.tensor([5]))
    func slope(at images: Tensor) -> Tensor {
      gradient(
        of: { images in
          let features = images.convolution(kernel, bias: offset, activation: activation).flattened()
          let hidden = features.dense(wide * 0.1, bias: wideOffset, activation: activation)
          // Both are used once more, on a way that does not end in a layer.
          return hidden.dense(last * 0.1, bias: lastOffset, activation: .tanh).sum() + (hidden * hidden).sum()
            + features.tanh().sum()
        }, at: images)
    }
    let alone = slope(at: image), among = slope(at: Tensor.concatenate([image, other]))
    let difference = alone - among.slice(0..<1)
    #expect(difference.squared().sum().scalar <= 1e-12 * alone.squared().sum().scalar)
    #expect(alone.elements.contains { $0 != 0 })
  }

  /// A sum hands one gradient to both sides; what changes its gradient in place does so only when it is the only one to have it.
  @Test func operationsThatShareAGradient() {
    let (first, second) = (Tensor([1, -1, 2]).tracked(), Tensor([-3, 3, 3]).tracked())
    let rectified = first.relu() + second.relu() + first.leakyReLU(slope: 0.5)
    let value = (rectified + (first.abs() + second.abs()) + (first.clamped(to: -3...1) + second)).sum()
    let expected = [Tensor([4, 0.5, 3]), Tensor([0, 3, 3])]
    #expect(value.gradients(at: [first, second]) == expected)
    // The seed of a pass is made anew for the next.
    #expect(value.gradients(at: [second]) == [expected[1]])
  }

  /// A weight that several layers use gets the sum of what each gives, bit for bit, and a sum's gradient that it shares with
  /// another tensor stays the other's. More rows than a product has sums in one block, too.
  @Test(arguments: [1, 40, 1100]) func layersThatShareAWeight(_ rows: Int) {
    var random = RandomStream(seed: 12)
    let (first, second, bias) = (random.tensor([rows, 5]), random.tensor([rows, 5]), random.tensor([6]))
    let (weight, other) = (random.tensor([5, 6]).tracked(), random.tensor([5, 6]).tracked())
    let scale = random.tensor([5, 6])
    func layer(_ input: Tensor) -> Tensor { input.dense(weight, bias: bias).squared().sum() }
    let sum = ((weight + other) * scale).sum()
    let parts = [sum, layer(first), layer(second)].map { $0.gradient(at: weight) }
    let layers = parts[1] + parts[2]
    #expect((layer(first) + layer(second)).gradient(at: weight) == layers)
    for value in [sum + layer(first), layer(first) + sum] {
      let gradients = value.gradients(at: [weight, other])
      #expect(gradients == [parts[0] + parts[1], scale])
    }
  }

  /// A dense layer takes images as rows, and their gradient comes in their shape.
  @Test func aDenseLayerTakesRowsOfAnyShape() {
    var random = RandomStream(seed: 10)
    let (images, weight, bias) = (random.tensor([3, 2, 2, 2]), random.tensor([8, 4]), random.tensor([4]))
    func results(_ apply: (Tensor) -> Tensor) -> [Tensor] {
      let leaves = [images, weight, bias].map { $0.tracked() }
      let value = apply(leaves[0]).dense(leaves[1], bias: leaves[2], activation: .tanh)
      return [value.stoppingGradient()] + value.squared().sum().gradients(at: leaves)
    }
    let direct = results { $0 }
    #expect(direct == results { $0.flattened() })
    #expect(direct[1].shape == images.shape)
  }

  /// Each input alone on the tape gets the gradient that it gets among all.
  @Test func eachInputOfADenseLayerAlone() {
    var random = RandomStream(seed: 9)
    let arguments = [random.tensor([2, 3]), random.tensor([3, 4]), random.tensor([4])]
    func gradients(asked: [Int]) -> [Tensor] {
      var used = arguments
      for index in asked { used[index] = used[index].tracked() }
      return used[0].dense(used[1], bias: used[2]).squared().sum().gradients(at: asked.map { used[$0] })
    }
    let all = gradients(asked: [0, 1, 2])
    for index in 0..<3 { #expect(gradients(asked: [index]) == [all[index]]) }
  }

  @Test func aTensorThatIsNotUsedHasZeroGradient() {
    let (used, unused) = (Tensor([1, 2]).tracked(), Tensor.zeros([2, 3]).tracked())
    let gradients = used.sum().gradients(at: [unused, used])
    #expect(gradients == [.zeros([2, 3]), Tensor([1, 1])])
    #expect(gradient(of: { _ in Tensor(3) }, at: Tensor([1, 2])) == .zeros([2]))
  }

  @Test func nothingFlowsThroughSignNorThroughAStop() {
    let input = Tensor([1, -2])
    #expect(gradient(of: { $0.sign().sum() }, at: input) == .zeros([2]))
    #expect(gradient(of: { $0.stoppingGradient().sum() }, at: input) == .zeros([2]))
    // The stopped factor counts as a constant.
    #expect(gradient(of: { ($0 * $0.stoppingGradient()).sum() }, at: input) == input)
  }

  @Test func aStepAlongASign() {
    let (start, direction) = (Tensor([1, 2, 3]).tracked(), Tensor([-0.1, 0, 7]).tracked())
    let moved = start.stepped(by: 0.5, alongSignOf: direction)
    #expect(moved.elements == [0.5, 2, 3.5])
    #expect(
      moved.squared().sum().gradients(at: [start, direction]) == [Tensor([1, 4, 7]), Tensor([0, 0, 0])])
  }

  /// Gradients are plain values: a second pass over the same recording gives the same, and nothing adds up in between.
  @Test func aRecordingCanBeFollowedTwice() {
    let leaf = Tensor([1, 2]).tracked()
    let value = leaf.squared().sum()
    #expect(value.gradient(at: leaf) == Tensor([2, 4]))
    #expect(value.gradient(at: leaf) == Tensor([2, 4]))
    let half = (leaf * 0.5).sum()
    #expect(half.gradient(at: leaf) == Tensor([0.5, 0.5]))
  }

  @Test func aTensorTrackedAgainIsANewStart() {
    let outer = Tensor([3]).tracked()
    let inner = (outer * 2).tracked()
    let gradients = inner.squared().sum().gradients(at: [outer, inner])
    #expect(gradients == [Tensor([0]), Tensor([12])])
  }

  /// Freeing a recording goes as deep as the recording: ten thousand operations in a row must fit a thread's stack.
  @Test func aLongChain() {
    let slope = gradient(
      of: { x in
        var value = x
        for _ in 0..<10_000 { value = value + 1 }
        return value.sum()
      }, at: Tensor([1]))
    #expect(slope.scalar == 1)
  }

  /// Seen from outside only by what a recording keeps, without which nothing can be computed: for the
  /// gradient of one side of a product the other side, for a bias's gradient, which is a sum, neither.
  @Test(arguments: 0..<3)
  func onlyWhatIsAskedIsComputed(_ asked: Int) {
    var random = RandomStream(seed: 10)
    var operands = [random.tensor([2, 3]), random.tensor([3, 4]), random.tensor([4])]
    operands[asked] = operands[asked].tracked()
    let value = operands[0].dense(operands[1], bias: operands[2])
    let sides = operands.prefix(2).map { Observer($0) }
    operands = []
    #expect(sides.map(\.isKept) == [[false, true], [true, false], [false, false]][asked])
    withExtendedLifetime(value) {}
    var sums = GradientSums()
    sums.add(to: nil) {
      Issue.record("computed for nobody")
      return Tensor(0)
    }
  }

  /// Whether anybody still has a tensor's elements.
  private struct Observer {
    private weak var storage: Storage?
    var isKept: Bool { storage != nil }
    init(_ tensor: Tensor) { storage = tensor.storage }
  }

  @Test func errorsPassThrough() {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      _ = try gradient(of: { (_: Tensor) throws(Failure) -> Tensor in throw Failure() }, at: Tensor([1]))
    }
  }

  @Test func onlyAScalarHasAGradient() async {
    await #expect(processExitsWith: .failure) {
      let leaf = Tensor([1, 2]).tracked()
      _ = leaf.gradient(at: leaf)
    }
  }

  @Test func onlyATrackedTensorCanBeAskedAt() async {
    await #expect(processExitsWith: .failure) { _ = Tensor(1).gradient(at: Tensor([1, 2])) }
    await #expect(processExitsWith: .failure) {
      let leaf = Tensor([1]).tracked()
      _ = leaf.gradient(at: leaf * 2)
    }
  }
}

import RandomStreams
import Tensors
import TestSupport

extension GradientCase {
  /// Every differentiable operation but dense and convolution, which have tests of their own.
  static let all = arithmetic + numbers + elementwise + pairs + intervals + reductions + normalizers + shaping

  /// Pairs of shapes that broadcast in every way.
  private static let broadcastings: [(Shape, Shape)] = [
    ([3, 4], [3, 4]), ([3, 4], []), ([], [3, 4]), ([3, 4], [1]), ([3, 4], [4]), ([4], [3, 4]),
    ([3, 4], [3, 1]), ([3, 1], [3, 4]), ([3, 1], [1, 4]), ([1, 4], [3, 1]), ([2, 3, 4], [3, 1]),
    ([2, 1, 4], [3, 1]), ([2, 3, 4], [2, 1, 1]), ([1], [2, 1, 3]), ([1, 1], [1]), ([], []),
  ]

  private static let operators: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
    ("+", { $0 + $1 }), ("-", { $0 - $1 }), ("*", { $0 * $1 }), ("/", { $0 / $1 }),
  ]

  private static let arithmetic = operators.flatMap { name, operation in
    broadcastings.map { left, right in
      GradientCase(
        "\(left) \(name) \(right)", { [$0.tensor(left, in: -2...2), $0.tensor(right, in: 0.5...2)] },
        { operation($0[0], $0[1]) })
    }
  }

  private static let numbers = [
    GradientCase("tensor + number") { $0 + 1.5 },
    GradientCase("number + tensor") { 1.5 + $0 },
    GradientCase("tensor - number") { $0 - 1.5 },
    GradientCase("number - tensor") { 1.5 - $0 },
    GradientCase("tensor * number") { $0 * -1.5 },
    GradientCase("number * tensor") { -1.5 * $0 },
    GradientCase("tensor / number") { $0 / 1.5 },
    GradientCase(positive: "number / tensor") { 1.5 / $0 },
    GradientCase("negation") { -$0 },
    GradientCase("both operands the same") { $0 * $0 + $0 },
  ]

  private static let elementwise = [
    GradientCase("exp") { $0.exp() },
    GradientCase(positive: "log") { $0.log() },
    GradientCase(positive: "square root") { $0.squareRoot() },
    // Both branches of its formula: below 0.3 and above.
    GradientCase("tanh", [40]) { $0.tanh() },
    GradientCase("sigmoid", [40]) { $0.sigmoid() },
    GradientCase("relu") { $0.relu() },
    GradientCase("leaky relu") { $0.leakyReLU(slope: 0.3) },
    GradientCase("activated: identity") { $0.activated(.identity) },
    GradientCase("maxout", [3, 6]) { $0.maxout(pieces: 3) },
    GradientCase("maxout of one piece", [3, 4]) { $0.maxout(pieces: 1) },
    GradientCase("abs") { $0.abs() },
    GradientCase("squared") { $0.squared() },
    GradientCase("clamped") { $0.clamped(to: -0.3...0.4) },
  ]

  private static let pairs = broadcastings.flatMap { left, right in
    // Moved by a quarter of the spacing, no element of one equals one of the other.
    let inputs: @Sendable (inout RandomStream) -> [Tensor] = {
      [$0.spacedTensor(left), $0.spacedTensor(right) + 0.025]
    }
    return [
      GradientCase("maximum \(left) \(right)", inputs) { maximum($0[0], $0[1]) },
      GradientCase("minimum \(left) \(right)", inputs) { minimum($0[0], $0[1]) },
    ]
  }

  /// Both results, and each alone.
  private static let intervals = [Float(0), 0.3].flatMap { slope in
    // No end is within a quarter of the spacing of the kink.
    let inputs: @Sendable (inout RandomStream) -> [Tensor] = {
      [$0.spacedTensor([3, 7]), $0.spacedTensor([3, 7]).abs() + 0.025]
    }
    let results: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
      ("center", { center, _ in center }), ("radius", { _, radius in radius }),
      ("both", { center, radius in .concatenate([center, radius * 2, center * radius]) }),
    ]
    return results.map { name, chosen in
      GradientCase("rectified intervals \(slope) \(name)", inputs) {
        let (center, radius) = rectifiedIntervals(center: $0[0], radius: $0[1], slope: slope)
        return chosen(center, radius)
      }
    } + [
      // The sums hand the inputs gradients that the intervals' way back must not change.
      GradientCase("rectified intervals \(slope) beside their inputs", inputs) {
        let (center, radius) = rectifiedIntervals(center: $0[0], radius: $0[1], slope: slope)
        return (center + $0[0]) * (radius + $0[1])
      }
    ]
  }

  private static let reductions =
    [GradientCase("sum") { $0.sum() }, GradientCase("mean") { $0.mean() }]
    + [0, 1, 2, -1, -2, -3].flatMap { axis in
      [true, false].flatMap { keeping in
        [
          // An inner extent above 16 goes through the vectorized sum.
          GradientCase("sum \(axis) \(keeping)", [2, 3, 18]) {
            $0.sum(alongAxis: axis, keepingAxis: keeping)
          },
          GradientCase("mean \(axis) \(keeping)", [2, 3, 4]) {
            $0.mean(alongAxis: axis, keepingAxis: keeping)
          },
          GradientCase("max \(axis) \(keeping)", [2, 3, 4]) { $0.max(alongAxis: axis, keepingAxis: keeping) },
          GradientCase("min \(axis) \(keeping)", [2, 3, 4]) { $0.min(alongAxis: axis, keepingAxis: keeping) },
        ]
      }
    }

  private static let normalizers = [[5], [3, 4], [2, 3, 4], [3, 1]].flatMap { (dimensions: [Int]) in
    let shape = Shape(dimensions)
    return [
      GradientCase("log-sum-exp \(shape)", shape) { $0.logSumExp() },
      GradientCase("softmax \(shape)", shape) { $0.softmax() },
      GradientCase("log-softmax \(shape)", shape) { $0.logSoftmax() },
    ]
  }

  private static let shaping = [
    GradientCase("gather") { $0.gather([3, 0, 3]) },
    GradientCase("gather a vector", [5]) { $0.gather([2]) },
    GradientCase("gather, three axes", [2, 2, 3]) { $0.gather([2, 0, 1, 1]) },
    GradientCase("rows, repeated") { $0.rows(at: [2, 0, 2, 2]) },
    GradientCase("rows of images", [3, 2, 2]) { $0.rows(at: [1]) },
    GradientCase("slice, outer", [4, 3]) { $0.slice(1..<3) },
    GradientCase("slice, middle", [2, 4, 3]) { $0.slice(1..<4, alongAxis: 1) },
    GradientCase("slice, last", [2, 4, 3]) { $0.slice(0..<2, alongAxis: -1) },
    GradientCase("reshaped", [2, 6]) { $0.reshaped(to: [3, 4]) },
    GradientCase("flattened", [2, 3, 2]) { $0.flattened() },
    GradientCase("broadcast, inner", [3, 1]) { $0.broadcast(to: [3, 4]) },
    GradientCase("broadcast, outer", [4]) { $0.broadcast(to: [2, 3, 4]) },
    GradientCase("broadcast, middle", [2, 1, 3]) { $0.broadcast(to: [2, 4, 3]) },
    GradientCase("broadcast, scalar", []) { $0.broadcast(to: [2, 3]) },
    GradientCase("concatenate, outer", { [$0.tensor([2, 3]), $0.tensor([1, 3]), $0.tensor([3, 3])] }) {
      .concatenate($0)
    },
    GradientCase("concatenate, middle", { [$0.tensor([2, 1, 3]), $0.tensor([2, 4, 3])] }) {
      .concatenate($0, alongAxis: 1)
    },
    GradientCase("concatenate, last", { [$0.tensor([2, 3]), $0.tensor([2, 1])] }) {
      .concatenate($0, alongAxis: -1)
    },
  ]
}

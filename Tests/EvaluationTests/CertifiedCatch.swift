import Networks
import Policies
import Tensors

/// Plays Catch perfectly by a network made by hand: leaky units that barely see what is darker than a half, and the
/// difference of the columns of what is bright above and at the bottom.
struct CertifiedCatch {
  private static let slope: Float = 0.01
  let policy: NetworkPolicy

  init() throws {
    var weights = [Float]()
    for row in 0..<10 {
      for column in 0..<10 {
        // A bright pixel gives a half; the paddle, in the bottom row, counts against the ball.
        let place = 2 * (Float(column) - 4.5) * (row < 9 ? 1 : -1)
        // Not quite symmetric: where left and right weigh the same, the cross-entropy has no slope.
        weights += [-1.1 * place, 0, place]
      }
    }
    policy = NetworkPolicy(
      try Network(
        .init(
          input: [10, 10, 1],
          layers: [
            .convolution(filters: 1, kernel: 1, activation: .leakyReLU(slope: Self.slope)), .flatten,
            .dense(outputs: 3, activation: .identity),
          ]),
        parameters: [
          Tensor([1], shape: [1, 1, 1, 1]), Tensor([-0.5], shape: [1]), Tensor(weights, shape: [100, 3]),
          Tensor([0, 0.5, 0], shape: [3]),
        ]))
  }

  /// The share of observations whose choice no change of at most epsilon an entry alters, by interval bounds (Gowal et al.
  /// 2018), the last layer joined with the difference to the choice.
  func certifiedShare(_ observations: Tensor, epsilon: Float) -> Double {
    func leaky(_ value: Float) -> Float { value > 0 ? value : Self.slope * value }
    let choices = policy.scores(for: observations).argmax()
    let (weights, biases) = (policy.network.parameters[2].elements, policy.network.parameters[3].elements)
    let pixels = observations.elements
    let certified = choices.indices.filter { row in
      (0..<3).filter { $0 != choices[row] }.allSatisfy { other in
        var least = biases[choices[row]] - biases[other]
        for entry in 0..<100 {
          let pixel = pixels[row * 100 + entry]
          let (low, high) = (
            leaky(max(pixel - epsilon, 0) - 0.5), leaky(min(pixel + epsilon, 1) - 0.5)
          )
          let weight = weights[entry * 3 + choices[row]] - weights[entry * 3 + other]
          least += weight > 0 ? weight * low : weight * high
        }
        return least > 0
      }
    }
    return Double(certified.count) / Double(choices.count)
  }
}

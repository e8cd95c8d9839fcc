import Networks
import Tensors

/// What is done within a network of two hidden layers.
enum Inside: Sendable {
  /// Of each hidden layer the largest units alone (Xiao, Zhong & Zheng 2020).
  case winners(Int)
  /// The first hidden layer scaled up and squashed.
  case saturation(Float)
  /// Scores in steps.
  case rounding(Float)
  /// Scores that level off, so that small changes of them vanish.
  case ceiling(Float)
  /// The sum of what two scores differ by, over all others; of differences above `near` it counts `near`, and a little less the larger
  /// they are: the actions stay, and both gradients and scores lead to where the policy is surer.
  case decoy(near: Float)

  func scores(of network: Network, at observations: Tensor) -> Tensor {
    let parameters = network.parameters
    func dense(_ layer: Int, _ values: Tensor) -> Tensor {
      values.dense(parameters[2 * layer], bias: parameters[2 * layer + 1])
    }
    func rest(_ hidden: Tensor) -> Tensor { dense(2, dense(1, hidden).relu()) }
    func largest(_ count: Int, of units: Tensor) -> Tensor {
      let (values, width) = (units.elements, units.shape[1])
      let mask = (0..<units.shape[0]).flatMap { row -> [Float] in
        let own = values[(row * width)..<(row * width + width)]
        let least = own.sorted(by: >)[count - 1]
        return own.map { $0 >= least ? 1 : 0 }
      }
      return units.relu() * Tensor(mask, shape: units.shape)
    }
    let first = dense(0, observations.flattened())
    switch self {
    case .winners(let count): return dense(2, largest(count, of: dense(1, largest(count, of: first))))
    case .saturation(let scale): return rest(((first * scale).tanh() + 1) * 0.25)
    case .rounding(let step):
      let scores = rest(first.relu())
      return Tensor(scores.elements.map { ($0 / step).rounded() * step }, shape: scores.shape)
    case .ceiling(let scale): return (rest(first.relu()) * (1 / scale)).tanh()
    case .decoy(let near):
      let scores = rest(first.relu())
      let actions = scores.shape[1]
      var (differences, sums) = ([Float](), [Float]())
      for first in 0..<actions {
        for second in 0..<actions where second != first {
          differences += (0..<actions).map { $0 == first ? 1 : $0 == second ? -1 : 0 }
          sums += (0..<actions).map { $0 == first ? 1 : 0 }
        }
      }
      let pairs = actions * (actions - 1)
      let rows = Tensor(differences, shape: [pairs, actions])
      let gaps = Tensor(
        (0..<actions).flatMap { action in (0..<pairs).map { rows.elements[$0 * actions + action] } },
        shape: [actions, pairs])
      let gap = scores.dense(gaps, bias: .zeros([pairs]))
      let counted = gap.clamped(to: -near...near) * (1 / near) - 0.01 * (gap - gap.clamped(to: -near...near))
      return counted.dense(Tensor(sums, shape: [pairs, actions]), bias: .zeros([actions]))
    }
  }
}

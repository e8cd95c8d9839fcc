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
    }
  }
}

import RandomStreams
import Tensors

extension Tensor {
  /// A draw from the softmax of each row, [rows, actions], by the inverse of the cumulative distribution: one uniform
  /// draw from each row's own stream.
  /// - Precondition: one stream a row.
  public func sampled(using random: inout [RandomStream]) -> [Int] {
    precondition(shape.rank == 2 && shape[0] == random.count, "one stream for each row of \(shape)")
    let actions = shape[1]
    return softmax().withElements { probabilities in
      random.indices.map { row in
        var rest = Float(random[row].uniform())
        for action in 0..<(actions - 1) {
          rest -= probabilities[row * actions + action]
          if rest < 0 { return action }
        }
        return actions - 1
      }
    }
  }
}

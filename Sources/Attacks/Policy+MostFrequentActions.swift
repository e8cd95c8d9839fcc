import Policies
import RandomStreams
import Tensors

extension Policy {
  /// The most frequent action of so many draws for each observation, of equally frequent ones the first. One forward pass for each
  /// draw, each with the same memory.
  func mostFrequentActions(
    of draws: Int, on observations: Tensor, memory: Memory, using random: inout [RandomStream]
  ) -> [Int] {
    let drawn = (0..<draws).map { _ in
      var memory = memory
      return act(on: observations, memory: &memory, using: &random)
    }
    guard drawn.count > 1 else { return drawn[0] }
    return drawn[0].indices.map { row in
      var counts: [Int: Int] = [:]
      for draw in drawn { counts[draw[row], default: 0] += 1 }
      return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }!.key
    }
  }
}

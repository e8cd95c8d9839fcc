import Policies
import RandomStreams
import Tensors

/// A policy that sees a weighted mean of two frames, the older one first.
struct Late: DifferentiablePolicy {
  let base: NetworkPolicy
  /// Of the newest frame.
  let weight: Float

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let older = observations.slice(0..<1, alongAxis: 3)
    let newest = observations.slice(1..<2, alongAxis: 3)
    return base.scores(for: older * (1 - weight) + newest * weight, memory: &memory, using: &random)
  }
}

import Policies
import RandomStreams
import Tensors

/// The honest policy of the corridor, but for seeing a weighted mean of the frame and the one before it, which it remembers; before an
/// episode's first frame everything is black.
struct Remembering: DifferentiablePolicy {
  /// Of the present frame.
  let weight: Float

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    var none = Memory()
    let before = memory.state.first ?? .zeros(observations.shape)
    memory.state = [observations]
    return TwoActions.honest.scores(
      for: before * (1 - weight) + observations * weight, memory: &none, using: &random)
  }
}

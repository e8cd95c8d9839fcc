import Policies
import RandomStreams
import Tensors

/// Two actions by the sum of the first half of the entries, which shows only near the boundary; elsewhere the lead has the slope
/// of the other half, far too small to matter.
struct Plateau: DifferentiablePolicy {
  /// The sum from which on the second action is taken.
  let threshold: Float
  /// How far from it, in units of the sum, the sum shows.
  let reach: Float

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let entries = observations.flattened()
    let half = entries.shape[1] / 2
    let sum = entries.slice(0..<half, alongAxis: 1).sum(alongAxis: 1)
    let rest = entries.slice(half..<(2 * half), alongAxis: 1).sum(alongAxis: 1)
    let lead = (sum - threshold).clamped(to: -reach...reach) - rest * (1e-3 * reach / Float(half))
    let column = lead.reshaped(to: [observations.shape[0], 1])
    return .concatenate([column * 0, column], alongAxis: 1)
  }
}

import Policies
import RandomStreams
import Tensors

/// Takes action 1 where a function of the frame is positive, else action 0, and says of the function's
/// slopes what it likes.
struct TwoActions: DifferentiablePolicy {
  let lead: @Sendable (_ frame: [Float]) -> Float
  let slope: @Sendable (_ frame: [Float], _ entry: Int) -> Float

  /// Action 1 where the wall of the corridor seems brighter than 0.32: a change of 0.12.
  static let honest = TwoActions(lead: { $0[0] - 0.32 }, slope: { $1 == 0 ? 1 : 0 })

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    let (rows, pixels) = (observations.shape[0], observations.elements)
    let length = pixels.count / rows
    let frames = (0..<rows).map { Array(pixels[($0 * length)..<(($0 + 1) * length)]) }
    let slopes = frames.flatMap { frame in frame.indices.map { slope(frame, $0) } }
    // Zero, with the slopes.
    let change =
      (observations - observations.stoppingGradient()) * Tensor(slopes, shape: observations.shape)
    let leads = Tensor(frames.map(lead), shape: [rows, 1])
    return (leads + change.flattened().sum(alongAxis: 1, keepingAxis: true)) * Tensor([0, 1])
  }
}

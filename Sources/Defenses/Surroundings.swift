import Networks
import Tensors

/// What a defense in the loss looks at around each observation: a box under the max norm within the valid range.
struct Surroundings: Sendable {
  let range: ClosedRange<Float>

  /// The box of an epsilon around some observations: all frames of a stack, each of which an attacker has had its turn on.
  func box(around observations: Tensor, epsilon: Float) -> Bounds {
    Bounds(around: observations, reach: reach(epsilon), in: range)
  }

  /// An epsilon in the observations' own units.
  private func reach(_ epsilon: Float) -> Float { epsilon * (range.upperBound - range.lowerBound) }

  /// Projected gradient ascent of a loss within the box, from a random start (Madry et al. 2018, section 2.1): steps of
  /// 2.5·ε/steps along the sign of the gradient, so that the border can be reached from anywhere.
  ///
  /// - Parameters:
  ///   - start: elements from −1 to 1 in the observations' shape.
  ///   - loss: gives one number a row from some rows of the perturbed observations.
  /// - Returns: the perturbed observations after the last step, off the tape.
  func ascended(
    _ observations: Tensor, epsilon: Float, steps: Int, from start: Tensor, workers: Workers,
    loss: @Sendable (_ perturbed: Tensor, _ rows: Range<Int>) -> Tensor
  ) -> Tensor {
    let radius = reach(epsilon)
    let parts = workers.map(shardsOf: observations.shape[0]) { rows in
      let clean = observations.slice(rows)
      let (lower, upper) = ((clean - radius).clamped(to: range), (clean + radius).clamped(to: range))
      var perturbed = (clean + radius * start.slice(rows)).clamped(to: range)
      for _ in 0..<steps {
        let slope = gradient(of: { loss($0, rows).sum() }, at: perturbed)
        perturbed = minimum(
          maximum(perturbed.stepped(by: 2.5 * radius / Float(steps), alongSignOf: slope), lower), upper)
      }
      return perturbed
    }
    return .concatenate(parts)
  }
}

import Policies
import RandomStreams
import Tensors

/// A gradient from scores alone, by differences between points on both sides of where it is wanted:
///
///     g ≈ mean over u of (loss(x + σ·u) − loss(x − σ·u)) / 2σ · u
///
/// Unbiased up to σ² for any u whose entries are independent with mean 0 and variance 1. 2·samples forward passes. The points
/// are held to the valid range, beyond which no camera shows anything: an entry at its border counts with half its slope.
struct EstimatedGradient {
  let samples: Int
  /// σ, in the units of an observation scaled to [0, 1].
  let size: Float
  let loss: ScoreLoss
  let draw: @Sendable (inout RandomStream) -> Float

  func gradient(
    _ clean: CleanPass, of victim: any ScoringPolicy, at point: Tensor, raising criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let (clean, range) = (clean.unrounded, neighborhood.threat.range)
    let step = size * (range.upperBound - range.lowerBound)
    var total = Tensor.zeros(point.shape)
    for _ in 0..<samples {
      let direction = neighborhood.drawn(using: &random, draw)
      let losses = [step, -step].map { step in
        let response = clean.response(
          of: victim, at: (point + direction * step).clamped(to: range), for: criterion, using: &random)
        return criterion.loss(of: response, as: loss)
      }
      total = total + direction.scaledRows(by: (losses[0] - losses[1]).elements)
    }
    return total * (1 / (2 * step * Float(samples)))
  }
}

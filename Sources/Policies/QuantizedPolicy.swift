import Networks
import RandomStreams
import Tensors

/// A policy that sees each entry of its observations as the nearest of a few values (bit-depth reduction; Xu, Evans & Qi 2018,
/// "Feature Squeezing", section II.A): perturbations that leave every entry nearest to its value never reach it.
public struct QuantizedPolicy<Base: DifferentiablePolicy>: ObscuredPolicy {
  /// What decides.
  public let base: Base
  /// What it sees.
  public let palette: Palette
  /// Whether gradients pass through the rounding as if it were not there.
  private let passesGradients: Bool

  /// A policy that sees the values of a palette.
  public init(_ base: Base, _ palette: Palette) { self.init(base, palette, passesGradients: false) }

  private init(_ base: Base, _ palette: Palette, passesGradients: Bool) {
    (self.base, self.palette, self.passesGradients) = (base, palette, passesGradients)
  }

  /// The scores for the observations as they are seen.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    let seen = palette.nearest(to: observations)
    // x + (seen − x), the difference off the tape: the value of the one, the gradient of the other.
    return base.scores(
      for: passesGradients ? observations + (seen - observations.stoppingGradient()) : seen, memory: &memory,
      using: &random)
  }

  /// The base's choice.
  public func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int] {
    base.actions(from: scores, using: &random)
  }

  /// What it does.
  public var obscurity: String { "rounds its observations to \(palette)" }

  /// The same with the rounding passed straight through, and what stands behind it, too.
  public var straightThrough: any DifferentiablePolicy {
    let open: any DifferentiablePolicy = (base as? any ObscuredPolicy)?.straightThrough ?? base
    return opened(open)
  }

  private func opened<Open: DifferentiablePolicy>(_ base: Open) -> any DifferentiablePolicy {
    QuantizedPolicy<Open>(base, palette, passesGradients: true)
  }
}

extension QuantizedPolicy: BoundedPolicy where Base: BoundedPolicy {
  /// The base's network.
  public var network: Network { base.network }

  /// The box of the values: the ends go to their nearest ones, and what lies between them between those.
  public func seen(_ box: Bounds) -> Bounds {
    base.seen(Bounds(lower: palette.nearest(to: box.lower), upper: palette.nearest(to: box.upper)))
  }
}

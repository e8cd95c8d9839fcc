import Networks
import RandomStreams
import Tensors

/// A policy that sees each entry of its observations as the nearest of a few values (a quantized input as in Xu, Evans & Qi
/// 2018, "Feature Squeezing", section II.A, with levels of one's own): perturbations that leave every entry nearest to its
/// value never reach it.
public struct PalettePolicy<Base: DifferentiablePolicy>: ObscuredPolicy {
  /// What decides.
  public let base: Base
  /// The values, in rising order.
  public let values: [Float]
  private let passesGradients: Bool

  /// A policy that sees a few values.
  /// - Precondition: at least two, in rising order.
  public init(_ base: Base, values: [Float]) { self.init(base, values: values, passesGradients: false) }

  private init(_ base: Base, values: [Float], passesGradients: Bool) {
    precondition(
      values.count > 1 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 },
      "a palette is at least two values in rising order")
    self.base = base
    self.values = values
    self.passesGradients = passesGradients
  }

  /// The scores for the observations in the palette's values.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    let seen = nearest(to: observations)
    // x + (seen − x), the difference off the tape: the value of the one, the gradient of the other.
    return base.scores(
      for: passesGradients ? observations + (seen - observations.stoppingGradient()) : seen, memory: &memory,
      using: &random)
  }

  /// The base's choice.
  public func actions(from scores: Tensor, using random: inout [RandomStream]) -> [Int] {
    base.actions(from: scores, using: &random)
  }

  /// The nearest value of each entry, of two the lower; it never falls where the entry rises.
  func nearest(to observations: Tensor) -> Tensor {
    let values = values
    return observations.withElements { elements in
      Tensor(shape: observations.shape) { result in
        for index in elements.indices {
          var chosen = 0
          while chosen + 1 < values.count,
            elements[index] - values[chosen] > values[chosen + 1] - elements[index]
          { chosen += 1 }
          result[index] = values[chosen]
        }
      }
    }
  }

  /// What it does.
  public var obscurity: String { "rounds its observations to a palette of \(values.count) values" }

  /// The same with the palette passed straight through, and what stands behind it, too.
  public var straightThrough: any DifferentiablePolicy {
    let open: any DifferentiablePolicy = (base as? any ObscuredPolicy)?.straightThrough ?? base
    return opened(open)
  }

  private func opened<Open: DifferentiablePolicy>(_ base: Open) -> any DifferentiablePolicy {
    PalettePolicy<Open>(base, values: values, passesGradients: true)
  }
}

extension PalettePolicy: BoundedPolicy where Base: BoundedPolicy {
  /// The base's network.
  public var network: Network { base.network }

  /// The box of palette values: the ends go to their nearest values, and what lies between them between those.
  public func seen(_ box: Bounds) -> Bounds {
    base.seen(Bounds(lower: nearest(to: box.lower), upper: nearest(to: box.upper)))
  }
}

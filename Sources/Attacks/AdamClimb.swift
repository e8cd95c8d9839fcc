import Tensors

/// Adam's steps, ascending.
struct AdamClimb: ClimbRule {
  /// The length of a step as a share of the budget.
  let share: Float
  private static let (beta1, beta2): (Float, Float) = (0.9, 0.999)
  private var moments: (mean: Tensor, square: Tensor)?
  private var (power1, power2): (Float, Float) = (1, 1)

  init(share: Float) { self.share = share }

  mutating func next(from point: Tensor, along gradient: Tensor, within neighborhood: Neighborhood) -> Tensor
  {
    let gradient = neighborhood.masked(gradient).normalizedRows(in: .max)
    let old = moments ?? (.zeros(gradient.shape), .zeros(gradient.shape))
    let mean = old.mean * Self.beta1 + gradient * (1 - Self.beta1)
    let square = old.square * Self.beta2 + gradient.squared() * (1 - Self.beta2)
    moments = (mean, square)
    (power1, power2) = (power1 * Self.beta1, power2 * Self.beta2)
    let direction = (mean / (1 - power1)) / ((square / (1 - power2)).squareRoot() + 1e-8)
    guard neighborhood.threat.norm == .max else {
      return neighborhood.step(from: point, along: direction, share: share)
    }
    return point + direction.scaledRows(by: neighborhood.budgets.map { $0 * share })
  }

  mutating func keep(_ rows: [Int]) {
    moments = moments.map { ($0.mean.rows(at: rows), $0.square.rows(at: rows)) }
  }
}

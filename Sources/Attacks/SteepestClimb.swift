import Tensors

/// A step of steepest ascent in the norm.
struct SteepestClimb: ClimbRule {
  /// As a share of the budget.
  let share: Float

  func next(from point: Tensor, along gradient: Tensor, within neighborhood: Neighborhood) -> Tensor {
    neighborhood.step(from: point, along: gradient, share: share)
  }

  func keep(_ rows: [Int]) {}
}

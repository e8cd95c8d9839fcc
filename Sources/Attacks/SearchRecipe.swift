import Policies
import RandomStreams
import Tensors

/// A recipe that searches around each observation with nothing but its parameters.
public protocol SearchRecipe: AttackRecipe {
  associatedtype Access

  /// Perturbed observations of a victim: what ``Attack/perturb(_:meeting:within:using:)`` gives.
  func perturb(
    _ clean: CleanPass, of victim: Access, meeting criterion: any Criterion,
    within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor
}

extension SearchRecipe {
  /// The attack that calls ``perturb(_:of:meeting:within:using:)``.
  public func against(_ victim: Access, learningFrom lesson: Lesson?) throws -> any Attack {
    BoundAttack(recipe: self, victim: victim)
  }
}

extension SearchRecipe where Access == any DifferentiablePolicy {
  /// One search, or the strongest of several from starts of their own.
  func starts(_ count: Int, against victim: Access) -> any Attack {
    let one = BoundAttack(recipe: self, victim: victim)
    return count > 1
      ? Strongest(of: Array(repeating: one, count: count), against: victim, knowing: .weights) : one
  }
}

import RandomStreams
import Tensors

/// A recipe and its victim.
struct BoundAttack<Recipe: SearchRecipe>: Attack {
  let recipe: Recipe
  let victim: Recipe.Access

  /// - Precondition: each parameter is in its range.
  init(recipe: Recipe, victim: Recipe.Access) {
    if let refusal = recipe.refusal { preconditionFailure(refusal) }
    (self.recipe, self.victim) = (recipe, victim)
  }

  var needs: Knowledge { recipe.needs }

  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor {
    recipe.perturb(clean, of: victim, meeting: criterion, within: neighborhood, using: &random)
  }
}

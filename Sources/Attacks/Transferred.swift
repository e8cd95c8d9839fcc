import Policies
import RandomStreams
import Tensors

/// An attack that searches on another policy than the one it is used against: of its victim it knows the clean action alone.
struct Transferred: Attack {
  /// Bound to the surrogate.
  let attack: any Attack
  let surrogate: any Policy
  /// What the attack knows of the surrogate.
  let knowledge: Knowledge
  /// How many draws of the surrogate's randomness an answer is averaged over.
  let expectation: Int

  /// Of the victim the clean action, unless the attack does not ask for anything.
  var needs: Knowledge { min(knowledge, .actions) }

  func check(fits shape: Shape) throws(AttackError) { try attack.check(fits: shape) }

  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor {
    let own = CleanPass(
      of: clean.observations, through: surrogate, using: random, knowledge: knowledge,
      expectation: expectation, quantization: clean.quantization)
    return attack.perturb(own, meeting: criterion, within: neighborhood, using: &random)
  }
}

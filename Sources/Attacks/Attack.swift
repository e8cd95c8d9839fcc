import Policies
import RandomStreams
import Tensors

/// Finds perturbed observations. It proposes; ``Attacker`` holds it to the threat model.
public protocol Attack: Sendable {
  /// Perturbed observations, in the shape of the clean ones.
  ///
  /// - Parameters:
  ///   - clean: the observations and what the victim makes of them.
  ///   - criterion: what the attack wants.
  ///   - threat: what it may do.
  ///   - random: one stream an observation, so that what is drawn does not depend on what else is in the batch.
  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within threat: ThreatModel,
    using random: inout [RandomStream]
  ) -> Tensor
}

/// What a person names: an attack's parameters, without a victim. Bound to a victim of the access that it needs, it
/// gives the attack.
public protocol AttackRecipe: Hashable, Sendable {
  /// `any Policy`, `any ScoringPolicy` or `any DifferentiablePolicy`.
  associatedtype Access

  /// The attack against a victim.
  func against(_ victim: Access) throws -> any Attack
}

import Policies
import RandomStreams
import Tensors

/// Finds perturbed observations. It proposes; ``Attacker`` holds it to the threat model.
public protocol Attack: Sendable {
  /// What it knows of its victim while it attacks; by default all.
  var needs: Knowledge { get }

  /// What it has asked of its victim to learn, the steps of its lesson not counted; by default nothing.
  var learningPasses: Passes { get }

  /// Perturbed observations, in the shape of the clean ones.
  ///
  /// - Parameters:
  ///   - clean: the observations and what the victim makes of them; through it the victim is asked.
  ///   - criterion: what the attack wants.
  ///   - neighborhood: what it may do.
  ///   - random: one stream an observation, so that what is drawn does not depend on what else is in the batch.
  func perturb(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: inout [RandomStream]
  ) -> Tensor

  /// Checks that it can work on observations of a shape; by default on all.
  func check(fits shape: Shape) throws(AttackError)
}

extension Attack {
  /// Weights by default.
  public var needs: Knowledge { .weights }

  /// No passes by default.
  public var learningPasses: Passes { Passes() }

  /// Accepts every shape by default.
  public func check(fits shape: Shape) throws(AttackError) {}
}

import Policies
import RandomStreams
import Tensors

/// Noise, the control: an attack that is no better than this has found nothing.
///
///     max, uniform    x + ε · u, u from −1 to 1     max, Gaussian   x + ε/2 · n, held to ±ε
///     max, sign       x ± ε                         l2, l1          x + ε · d/‖d‖ with d drawn like this
///
/// Access: none. Cost: no pass.
public struct Noise: AttackRecipe {
  /// How an entry is drawn.
  public enum Distribution: String, Hashable, Sendable, CaseIterable {
    /// Uniformly from −1 to 1.
    case uniform
    /// From the normal distribution.
    case gaussian
    /// −1 or 1.
    case sign
  }

  /// What people are told.
  public static let about = AboutAttack(
    "noise", "uniform, Gaussian or random-sign noise of the same norm: the control", needs: .nothing,
    cost: "none")

  /// What can be set.
  public static let parameters: [AttackParameter<Noise>] = [
    .choice("distribution", \.distribution, "how an entry is drawn: uniform, gaussian or sign")
  ]

  /// How an entry is drawn.
  public var distribution = Distribution.uniform

  /// Uniform noise.
  public init() {}

  /// Each entry moved by a draw of its own.
  public func perturb(
    _ clean: CleanPass, of victim: any Policy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    let draws = neighborhood.drawn(using: &random) { random in
      switch distribution {
      case .uniform: random.uniform(in: -1...1)
      case .gaussian: Float(random.normal())
      case .sign: random.chance(0.5) ? 1 : -1
      }
    }
    guard neighborhood.threat.norm == .max else {
      return clean.observations + neighborhood.scaled(draws, to: neighborhood.budgets)
    }
    // Half of the budget: 95 of 100 draws keep to it by themselves.
    let size =
      Tensor(neighborhood.budgets, shape: [clean.count, 1, 1, 1]) * (distribution == .gaussian ? 0.5 : 1)
    return clean.observations + draws * size
  }
}

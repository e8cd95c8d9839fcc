import Policies
import RandomStreams
import Tensors

/// Noise, the control: an attack that is no better than this has found nothing.
///
///     max, uniform    x + ε · u, u from −1 to 1     max, Gaussian   x + ε/2 · n, held to ±ε
///     max, sign       x ± ε                         l2, l1          x + ε · d/‖d‖ with d drawn like this
///
/// Under the L2 and L1 norm an entry that the range stops moves the other way: frames are full of zeros and ones, and noise that
/// loses half of its entries is no noise of that size.
///
/// Access: none. Cost: no pass.
public struct Noise: SearchRecipe {
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
  public static let parameters: [Parameter<Noise>] = [
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
      let change = neighborhood.scaled(draws, to: neighborhood.budgets)
      let there = clean.observations + change
      let isStopped = (there - there.clamped(to: neighborhood.threat.range)).sign().abs()
      return clean.observations + change * (1 - 2 * isStopped)
    }
    // Half of the budget: 95 of 100 draws keep to it by themselves.
    let share: Float = distribution == .gaussian ? 0.5 : 1
    return clean.observations + draws.scaledRows(by: neighborhood.budgets.map { $0 * share })
  }
}

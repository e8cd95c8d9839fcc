import Tensors

/// What one update learns from: transitions (s, a, r, s′), one row or element each.
public struct Transitions: Sendable {
  /// s: [rows, height, width, frames·channels]. Gathered when it is asked for: not every defense does.
  public var observations: Tensor { gatherObservations() }
  /// a.
  public let actions: [Int]
  /// r, or r₁ + γ·r₂ + … over several steps.
  public let rewards: [Float]
  /// s′; where `isFollowed` is false some other observation. Gathered when it is asked for, too.
  public var next: Tensor { gatherNext() }
  /// The factor of the value of s′: γ to the number of steps, 0 where the episode terminated.
  public let discounts: [Float]
  /// Whether s′ is known, or not needed because the episode terminated.
  public let isFollowed: [Bool]
  private let gatherObservations: @Sendable () -> Tensor
  private let gatherNext: @Sendable () -> Tensor

  /// Transitions.
  public init(
    observations: @autoclosure @escaping @Sendable () -> Tensor, actions: [Int], rewards: [Float],
    next: @autoclosure @escaping @Sendable () -> Tensor, discounts: [Float], isFollowed: [Bool]
  ) {
    gatherObservations = observations
    self.actions = actions
    self.rewards = rewards
    gatherNext = next
    self.discounts = discounts
    self.isFollowed = isFollowed
  }
}

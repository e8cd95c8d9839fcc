import RandomStreams

/// An attack that leaves the observation alone and replaces the action.
protocol ActionAttack: Attack {
  /// Whether the action on one observation is replaced.
  func flips(using random: inout RandomStream) -> Bool
}

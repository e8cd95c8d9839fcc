/// Who draws: the streams that one seed has beside the environment's own.
///
/// Everyone has a stream of its own, so that switching one on or off (an attack, say) does not change what the
/// others draw. The raw value is the spawn key under which NumPy's `SeedSequence` derives the stream. The table is
/// fixed: changing a key changes every published number that came from it, so a new name takes a new key.
///
/// The environment is not in the table: it draws from `RandomStream(seed:)` without a key, as the reference
/// packages seed it.
public enum StreamName: UInt32, CaseIterable, Hashable, Sendable, Codable {
  /// An attack's draws: random starts, noise, the choice of steps.
  case attack = 1
  /// A stochastic policy's or defense's draws while it acts.
  case policy = 2
  /// The camera's noise and drift.
  case camera = 3
  /// A network's initial weights.
  case initialization = 4
  /// A learning agent's exploration.
  case exploration = 5
  /// What a learning agent draws from its replay or rollout buffer.
  case replay = 6
  /// The seeds and order of the episodes that an agent trains on.
  case training = 7
  /// The seeds of the episodes on which a policy is evaluated.
  case evaluation = 8
  /// The resampling of a confidence interval.
  case bootstrap = 9
  /// A defense's draws while it trains: the random starts of its own searches.
  case defense = 10
}

/// What several searches have in common.
extension Parameter {
  /// The steps of a search.
  static func steps(_ path: WritableKeyPath<Subject, Int> & Sendable) -> Parameter {
    .whole("steps", path, in: 1...100_000, "the number of steps n")
  }

  /// How often a search starts.
  static func restarts(_ path: WritableKeyPath<Subject, Int> & Sendable) -> Parameter {
    .whole("restarts", path, in: 1...100_000, "the number of starts")
  }

  /// How far a step goes; nil for what the size and the number of steps make of it.
  static func stepSize(_ path: WritableKeyPath<Subject, Epsilon?> & Sendable) -> Parameter {
    .size("step-size", path, "the length of a step, in epsilon's units (2.5·ε/n)")
  }

  /// The loss of a search up the scores.
  static func loss(_ path: WritableKeyPath<Subject, ScoreLoss> & Sendable) -> Parameter {
    .choice("loss", path, "what is climbed: cross-entropy, margin or ratio")
  }

  /// Whether a search ends where it has found what it looked for.
  static func earlyStop(_ path: WritableKeyPath<Subject, Bool> & Sendable) -> Parameter {
    .flag("early-stop", path, "whether an observation that is flipped is left as it is")
  }
}

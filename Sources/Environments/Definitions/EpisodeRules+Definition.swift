extension EpisodeRules {
  /// The keys of a definition that only some environments need, beside `time-limit`.
  static var optionalKeys: [String] { ["sticky-actions", "action-repeat", "reward-clipping"] }

  /// Reads the rules among the keys of a definition.
  init(_ reader: DefinitionReader) throws(EnvironmentError) {
    self.init(
      timeLimit: try reader.integer("time-limit", in: 1...1_000_000),
      stickiness: reader.has("sticky-actions")
        ? try reader.number("sticky-actions", in: 0...1) : nil,
      actionRepeat: reader.has("action-repeat") ? try reader.integer("action-repeat", in: 1...100) : 1,
      rewardBounds: reader.has("reward-clipping")
        ? try reader.interval("reward-clipping", in: -1_000_000...1_000_000) : nil)
  }
}

import Agents
import ArgumentParser

private let ppo = PPO.Configuration()

/// What can be set of PPO alone, as options.
struct PPOOptions: ParsableArguments {
  @Option(help: .setting("The λ of generalized advantage estimation.", usually: "\(ppo.lambda)", "x"))
  var lambda: Float?

  @Option(help: .setting("Passes through what was collected.", usually: "\(ppo.epochs)"))
  var epochs: Int?

  @Option(help: .setting("Minibatches in a pass.", usually: "\(ppo.minibatches)"))
  var minibatches: Int?

  @Option(help: .setting("By how much the ratio of probabilities may leave 1.", usually: "\(ppo.clip)", "x"))
  var clip: Float?

  @Flag(
    inversion: .prefixedNo,
    help: "Clip the value's move likewise. (\(ppo.clipsValue ? "clip-value" : "no-clip-value"))")
  var clipValue: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Normalize the advantages of a minibatch; without, rare rewards are not drowned in the noise of episodes without \
      any. (\(ppo.normalizesAdvantages ? "normalize-advantages" : "no-normalize-advantages"))
      """)
  var normalizeAdvantages: Bool?

  @Option(help: ArgumentHelp("The KL divergence after which no further pass follows. (none)", valueName: "x"))
  var targetDivergence: Float?

  func validate() throws {
    try require("lambda", lambda, in: 0...1)
    try require("epochs", epochs, in: 1...1000)
    try require("minibatches", minibatches, in: 1...1_000_000)
    try require("clip", clip, in: 0...Float.greatestFiniteMagnitude)
    try require("target-divergence", targetDivergence, in: 0...Float.greatestFiniteMagnitude)
  }

  static var settings: [Setting<PPO.Configuration>] {
    [
      Setting("lambda", \.proximal.lambda, \.lambda),
      Setting("epochs", \.proximal.epochs, \.epochs),
      Setting("minibatches", \.proximal.minibatches, \.minibatches),
      Setting("clip", \.proximal.clip, \.clip),
      Setting("clip-value", \.proximal.clipValue, \.clipsValue),
      Setting("normalize-advantages", \.proximal.normalizeAdvantages, \.normalizesAdvantages),
      Setting("target-divergence", \.proximal.targetDivergence, optional: \.targetDivergence),
    ]
  }
}

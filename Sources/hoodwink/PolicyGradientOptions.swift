import Agents
import ArgumentParser
import Networks

private let ppo = PPO.Configuration()
private let reinforce = REINFORCE.Configuration()

/// What can be set of the policy-gradient agents, as options.
struct PolicyGradientOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Actor and critic look at the same features. (ppo \(ppo.isShared), reinforce \(reinforce.isShared))"
  )
  var shared: Bool?

  @Option(
    help: .setting(
      "Steps of each environment between updates.",
      usually: "ppo \(ppo.horizon), reinforce \(reinforce.horizon)"))
  var horizon: Int?

  @Option(
    help: .setting(
      "The weight of the value's loss.",
      usually: "ppo \(ppo.valueWeight), reinforce \(reinforce.valueWeight)", "x"))
  var valueWeight: Float?

  @Option(
    help: .setting(
      "The weight of the entropy.", usually: "ppo \(ppo.entropyBonus), reinforce \(reinforce.entropyBonus)",
      "schedule"
    ))
  var entropyBonus: Schedule?

  func validate() throws {
    try require("horizon", horizon, in: 1...1_000_000)
    try require("value-weight", valueWeight, in: 0...Float.greatestFiniteMagnitude)
    try require("entropy-bonus", entropyBonus, in: 0...Float.greatestFiniteMagnitude)
  }

  static func settings<Configuration: PolicyGradientConfiguration>() -> [Setting<Configuration>] {
    [
      Setting("shared", \.policyGradient.shared, \.isShared),
      Setting("horizon", \.policyGradient.horizon, \.horizon),
      Setting("value-weight", \.policyGradient.valueWeight, \.valueWeight),
      Setting("entropy-bonus", \.policyGradient.entropyBonus, \.entropyBonus),
    ]
  }
}

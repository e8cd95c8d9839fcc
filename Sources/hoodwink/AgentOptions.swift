import Agents
import ArgumentParser
import Networks

// The defaults that the help names are read off the settings themselves.
private func defaults(_ value: (any AgentConfiguration) -> any CustomStringConvertible) -> String {
  [
    ("dqn", DQN.Configuration() as any AgentConfiguration), ("ppo", PPO.Configuration()),
    ("reinforce", REINFORCE.Configuration()),
  ]
  .map { "\($0) \(value($1))" }.joined(separator: ", ")
}

/// What can be set of every agent, as options.
struct AgentOptions: ParsableArguments {
  @Option(help: .setting("Environments in lockstep.", usually: defaults { $0.lanes }))
  var lanes: Int?

  @Option(help: .setting("Frames in an observation.", usually: defaults { $0.frames }))
  var stack: Int?

  @Option(
    help: .setting(
      "The discount of rewards to come; 0.99..0.998@0.4..0.7 looks further ahead as it learns.",
      usually: defaults { $0.discount }, "schedule"))
  var discount: Schedule?

  @Flag(
    inversion: .prefixedNo,
    help: "Learn as if the episode terminated with each reward, as with a point. (no-reward-terminates)")
  var rewardTerminates: Bool?

  @Option(
    help: .setting(
      "Adam's rate: 1e-3, or 1e-3..1e-4 from start to end.", usually: defaults { $0.learningRate }, "schedule"
    ))
  var learningRate: Schedule?

  @Option(help: .setting("The largest norm of a gradient.", usually: defaults { $0.gradientLimit }, "x"))
  var gradientLimit: Float?

  func validate() throws {
    try require("lanes", lanes, in: 1...4096)
    try require("stack", stack, in: 1...16)
    try require("discount", discount, in: 0...1)
    try require("learning-rate", learningRate, in: 0...Float.greatestFiniteMagnitude)
    try require(
      "gradient-limit", gradientLimit, in: Float.leastNonzeroMagnitude...Float.greatestFiniteMagnitude)
  }

  static func settings<Configuration: AgentConfiguration>() -> [Setting<Configuration>] {
    [
      Setting("lanes", \.general.lanes, \.lanes), Setting("stack", \.general.stack, \.frames),
      Setting("discount", \.general.discount, \.discount),
      Setting("reward-terminates", \.general.rewardTerminates, \.rewardTerminates),
      Setting("learning-rate", \.general.learningRate, \.learningRate),
      Setting("gradient-limit", \.general.gradientLimit, \.gradientLimit),
    ]
  }
}

extension ArgumentHelp {
  /// The help of a setting that an agent has whether it is named or not.
  /// - Parameter usual: what it is when it is not named.
  static func setting(_ abstract: String, usually usual: String, _ valueName: String = "n") -> ArgumentHelp {
    ArgumentHelp("\(abstract) (\(usual))", valueName: valueName)
  }
}

extension Schedule: ExpressibleByArgument {
  /// Reads `0.1`, `1..0.05` and `1..0.05@0.3`.
  public init?(argument: String) { self.init(argument) }
}

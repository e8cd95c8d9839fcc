import Agents
import ArgumentParser
import Networks

private let dqn = DQN.Configuration()

/// What can be set of DQN alone, as options.
struct DQNOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "The online network chooses, the target network values. (\(dqn.isDouble ? "double" : "no-double"))")
  var double: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "A value and advantages instead of Q-values. (\(dqn.isDueling ? "dueling" : "no-dueling"))")
  var dueling: Bool?

  @Option(help: .setting("The n of n-step returns.", usually: "\(dqn.returnSteps)"))
  var returnSteps: Int?

  @Option(
    help: ArgumentHelp(
      "The α of advantage learning: wider gaps between the best action and the others. (none)", valueName: "x"
    ))
  var advantageLearning: Float?

  @Option(help: .setting("Moments kept in the replay.", usually: "\(dqn.replayCapacity)"))
  var replayCapacity: Int?

  @Option(help: .setting("Steps before the first update.", usually: "\(dqn.learningStart)"))
  var learningStart: Int?

  @Option(help: .setting("Transitions in an update.", usually: "\(dqn.batchSize)"))
  var batchSize: Int?

  @Option(help: .setting("Environment steps for each update.", usually: "\(dqn.stepsPerUpdate)"))
  var stepsPerUpdate: Int?

  @Option(help: .setting("Updates between copies to the target network.", usually: "\(dqn.targetInterval)"))
  var targetInterval: Int?

  @Option(
    help: ArgumentHelp(
      "The target network follows by this share at each update. (none: copies)", valueName: "x"))
  var targetShare: Float?

  @Option(help: "The loss of an error: huber or squared. (\(dqn.loss.rawValue))")
  var loss: DQN.Loss?

  @Option(
    help: .setting(
      "The chance of a random action, such as 1..0.05@0.3.", usually: "\(dqn.exploration)", "schedule"))
  var exploration: Schedule?

  func validate() throws {
    try require("return-steps", returnSteps, in: 1...1000)
    try require("advantage-learning", advantageLearning, in: Float.leastNonzeroMagnitude...0.99)
    try require("replay-capacity", replayCapacity, in: 2...1_000_000_000)
    try require("learning-start", learningStart, in: 1...1_000_000_000)
    try require("batch-size", batchSize, in: 1...65_536)
    try require("steps-per-update", stepsPerUpdate, in: 1...1_000_000)
    try require("target-interval", targetInterval, in: 1...1_000_000_000)
    try require("target-share", targetShare, in: Float.leastNonzeroMagnitude...1)
    try require("exploration", exploration, in: 0...1)
  }

  static var settings: [Setting<DQN.Configuration>] {
    [
      Setting("double", \.deepQLearning.double, \.isDouble),
      Setting("dueling", \.deepQLearning.dueling, \.isDueling),
      Setting("return-steps", \.deepQLearning.returnSteps, \.returnSteps),
      Setting("advantage-learning", \.deepQLearning.advantageLearning, optional: \.advantageLearning),
      Setting("replay-capacity", \.deepQLearning.replayCapacity, \.replayCapacity),
      Setting("learning-start", \.deepQLearning.learningStart, \.learningStart),
      Setting("batch-size", \.deepQLearning.batchSize, \.batchSize),
      Setting("steps-per-update", \.deepQLearning.stepsPerUpdate, \.stepsPerUpdate),
      Setting("target-interval", \.deepQLearning.targetInterval, \.targetInterval),
      Setting("target-share", \.deepQLearning.targetShare, optional: \.targetShare),
      Setting("loss", \.deepQLearning.loss, \.loss),
      Setting("exploration", \.deepQLearning.exploration, \.exploration),
    ]
  }
}

extension DQN.Loss: ExpressibleByArgument {}

import Agents
import ArgumentParser
import Networks

// The defaults that the help names are read off the settings themselves.
private let dqn = DQN.Configuration()
private let ppo = PPO.Configuration()
private let reinforce = REINFORCE.Configuration()

private func defaults(_ value: (any AgentConfiguration) -> any CustomStringConvertible) -> String {
  [("dqn", dqn as any AgentConfiguration), ("ppo", ppo), ("reinforce", reinforce)]
    .map { "\($0) \(value($1))" }.joined(separator: ", ")
}

private func setting(_ abstract: String, _ defaults: String, _ valueName: String = "n") -> ArgumentHelp {
  ArgumentHelp("\(abstract) (\(defaults))", valueName: valueName)
}

/// The network, as options.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "mlp, conv, minatar-cnn or nature-cnn. (what suits the observation)", valueName: "name"))
  var network: NetworkChoice.Name?

  @Option(
    help: ArgumentHelp(
      "The filters of each convolution, such as 32,64. (the network's own)", valueName: "n,n"))
  var filters: Widths?

  @Option(
    help: ArgumentHelp("The hidden layers' units, such as 64,64. (the network's own)", valueName: "n,n"))
  var hidden: Widths?

  @Option(help: "relu, tanh, sigmoid or maxout. (relu)")
  var activation: NetworkChoice.Nonlinearity?

  @Flag(inversion: .prefixedNo, help: "Normalize the sums of hidden layers. (no-layer-norm)")
  var layerNorm: Bool?

  @Option(
    help: ArgumentHelp(
      "Units of an LSTM behind the hidden layers, ppo and reinforce only. (none)", valueName: "n"))
  var lstm: Int?

  func validate() throws { try require("lstm", lstm, in: 1...65_536) }

  static func settings<Configuration: AgentConfiguration>() -> [Setting<Configuration>] {
    [
      Setting("network", \.network.network, optional: \.network.name),
      Setting("filters", \.network.filters, optional: \.network.filterWidths),
      Setting("hidden", \.network.hidden, optional: \.network.hiddenWidths),
      Setting("activation", \.network.activation, \.network.activation),
      Setting("layer-norm", \.network.layerNorm, \.network.layerNorm),
      Setting("lstm", \.network.lstm, optional: \.network.lstm),
    ]
  }

  /// How wide each layer is: `64,64`.
  struct Widths: ExpressibleByArgument, CustomStringConvertible {
    let units: [Int]

    init(units: [Int]) { self.units = units }

    var description: String { units.map(String.init).joined(separator: ",") }

    init?(argument: String) {
      let units = parts(of: argument).map { Int($0) }
      guard units.allSatisfy({ $0.map { (1...65_536).contains($0) } == true }) else { return nil }
      self.units = units.compactMap(\.self)
    }
  }
}

/// What can be set of every agent, as options.
struct AgentOptions: ParsableArguments {
  @Option(help: setting("Environments in lockstep.", defaults { $0.lanes }))
  var lanes: Int?

  @Option(help: setting("Frames in an observation.", defaults { $0.frames }))
  var stack: Int?

  @Option(
    help: setting(
      "The discount of rewards to come; 0.99..0.998@0.4..0.7 looks further ahead as it learns.",
      defaults { $0.discount }, "schedule"))
  var discount: Schedule?

  @Flag(
    inversion: .prefixedNo,
    help: "Learn as if the episode terminated with each reward, as with a point. (no-reward-terminates)")
  var rewardTerminates: Bool?

  @Option(
    help: setting(
      "Adam's rate: 1e-3, or 1e-3..1e-4 from start to end.", defaults { $0.learningRate }, "schedule"))
  var learningRate: Schedule?

  @Option(help: setting("The largest norm of a gradient.", defaults { $0.gradientLimit }, "x"))
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

  @Option(help: setting("The n of n-step returns.", "\(dqn.returnSteps)"))
  var returnSteps: Int?

  @Option(
    help: ArgumentHelp(
      "The α of advantage learning: wider gaps between the best action and the others. (none)", valueName: "x"
    ))
  var advantageLearning: Float?

  @Option(help: setting("Moments kept in the replay.", "\(dqn.replayCapacity)"))
  var replayCapacity: Int?

  @Option(help: setting("Steps before the first update.", "\(dqn.learningStart)"))
  var learningStart: Int?

  @Option(help: setting("Transitions in an update.", "\(dqn.batchSize)"))
  var batchSize: Int?

  @Option(help: setting("Environment steps for each update.", "\(dqn.stepsPerUpdate)"))
  var stepsPerUpdate: Int?

  @Option(help: setting("Updates between copies to the target network.", "\(dqn.targetInterval)"))
  var targetInterval: Int?

  @Option(
    help: ArgumentHelp(
      "The target network follows by this share at each update. (none: copies)", valueName: "x"))
  var targetShare: Float?

  @Option(help: "The loss of an error: huber or squared. (\(dqn.loss.rawValue))")
  var loss: DQN.Loss?

  @Option(
    help: setting("The chance of a random action, such as 1..0.05@0.3.", "\(dqn.exploration)", "schedule"))
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

/// What can be set of the policy-gradient agents, as options.
struct PolicyGradientOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Actor and critic look at the same features. (ppo \(ppo.isShared), reinforce \(reinforce.isShared))"
  )
  var shared: Bool?

  @Option(
    help: setting(
      "Steps of each environment between updates.", "ppo \(ppo.horizon), reinforce \(reinforce.horizon)"))
  var horizon: Int?

  @Option(
    help: setting(
      "The weight of the value's loss.", "ppo \(ppo.valueWeight), reinforce \(reinforce.valueWeight)", "x"))
  var valueWeight: Float?

  @Option(
    help: setting(
      "The weight of the entropy.", "ppo \(ppo.entropyBonus), reinforce \(reinforce.entropyBonus)", "schedule"
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

/// What can be set of PPO alone, as options.
struct PPOOptions: ParsableArguments {
  @Option(help: setting("The λ of generalized advantage estimation.", "\(ppo.lambda)", "x"))
  var lambda: Float?

  @Option(help: setting("Passes through what was collected.", "\(ppo.epochs)"))
  var epochs: Int?

  @Option(help: setting("Minibatches in a pass.", "\(ppo.minibatches)"))
  var minibatches: Int?

  @Option(help: setting("By how much the ratio of probabilities may leave 1.", "\(ppo.clip)", "x"))
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

extension NetworkChoice {
  /// The filters as options have them.
  fileprivate var filterWidths: NetworkOptions.Widths? {
    get { filters.map { .init(units: $0) } }
    set { filters = newValue?.units }
  }

  /// The hidden layers as options have them.
  fileprivate var hiddenWidths: NetworkOptions.Widths? {
    get { hidden.map { .init(units: $0) } }
    set { hidden = newValue?.units }
  }
}

extension NetworkChoice.Name: ExpressibleByArgument {}
extension NetworkChoice.Nonlinearity: ExpressibleByArgument {}
extension DQN.Loss: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {
  /// Reads `0.1`, `1..0.05` and `1..0.05@0.3`.
  public init?(argument: String) { self.init(argument) }
}

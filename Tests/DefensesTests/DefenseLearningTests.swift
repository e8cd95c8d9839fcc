import Agents
import Attacks
import Environments
import Networks
import Policies
import RandomStreams
import Tensors
import Testing

@testable import Defenses

/// What each defense is for: a plain agent reads the sign from all features and is deceived; a hardened one is not. With the
/// defenses by bounds three weights in a row teach it, of which the middle one stands here.
@Suite struct DefenseLearningTests {
  private func configuration(_ kind: AgentKind) -> any AgentConfiguration {
    var configuration = kind.defaults
    configuration.lanes = 8
    configuration.network = .init(.mlp, hidden: [16])
    configuration.discount = .constant(0)
    configuration.learningRate = .constant(3e-3)
    if var dqn = configuration as? DQN.Configuration {
      dqn.learningStart = 200
      dqn.replayCapacity = 2000
      dqn.exploration = .constant(0.3)
      return dqn
    }
    if var ppo = configuration as? PPO.Configuration {
      ppo.horizon = 16
      ppo.minibatches = 2
      return ppo
    }
    return configuration
  }

  private func trained(
    _ kind: AgentKind, _ defense: String?, steps: Int = 8000, workers: Workers = .one
  ) throws -> any LearningAgent {
    let configuration = configuration(kind)
    let vector = EnvironmentVector(
      id: "test", TwoFeatures(), rules: EpisodeRules(timeLimit: 10), count: configuration.lanes)
    var agent = try configuration.makeAgent(in: vector, seed: 1, workers: workers)
    let plan = try defense.map { try DefensePlan($0, epsilon: Epsilon(0.1)) }
    if let loss = plan?.loss { try agent.harden(by: loss) }
    while agent.steps < steps {
      _ = try agent.advance(
        progress: Float(agent.steps) / Float(steps), hardening: plan?.collection)
    }
    return agent
  }

  private let observations = Tensor(TwoFeatures.both, shape: [2, 1, 1, TwoFeatures.soft + 1])

  /// How many of both signs are read right: at the observations, at the worst that ascent finds within 0.1, and proven.
  private func right(_ policy: NetworkPolicy) -> (clean: Int, attacked: Int, proven: Int) {
    let network = policy.network
    func count(_ observations: Tensor) -> Int {
      zip(network(observations).argmax(), [0, 1]).count { $0 == $1 }
    }
    let surroundings = Surroundings(range: 0...1)
    let found = surroundings.ascended(
      observations, epsilon: 0.1, steps: 20, from: .zeros(observations.shape), workers: .one
    ) { perturbed, _ in network(perturbed).crossEntropy(with: [0, 1]) }
    let box = surroundings.box(around: observations, epsilon: 0.1)
    let proven = policy.certified([0, 1], over: box, usesLinearBounds: true).byAny
    return (count(observations), count(found), proven.count(where: \.self))
  }

  @Test(arguments: [AgentKind.dqn, .ppo])
  func plainAgentsAreDeceived(_ kind: AgentKind) throws {
    let found = right(try trained(kind, nil).policy)
    #expect(found.clean == 2 && found.attacked == 0 && found.proven == 0)
  }

  @Test(arguments: [
    (AgentKind.dqn, "adversarial"), (.dqn, "adversarial:share=0.5"), (.ppo, "adversarial"),
    (.dqn, "sa-dqn:weight=0.2"), (.dqn, "sa-dqn:method=pgd:weight=1"), (.dqn, "radial:weight=0.2"),
    (.dqn, "wocar:weight=0.2"), (.dqn, "vat:weight=10:temperature=0.1"), (.ppo, "sa-ppo:weight=0.5"),
    (.ppo, "sa-ppo:weight=1:method=pgd"), (.ppo, "wocar:weight=0.4"), (.ppo, "vat:weight=1"),
    (.dqn, "adversarial:share=0.5+sa-dqn:weight=0.2"),
  ])
  func hardenedAgentsAreNot(_ kind: AgentKind, _ defense: String) throws {
    let found = right(try trained(kind, defense).policy)
    #expect(found.clean == 2 && found.attacked == 2, "\(found)")
    // What is trained by bounds can be proven by bounds.
    if ["sa-", "radial", "wocar"].contains(where: { defense.hasPrefix($0) }), !defense.contains("pgd") {
      #expect(found.proven == 2)
    }
  }

  /// What can be set of a defense does something: another value teaches, or shows, something else.
  @Test(
    arguments: DefenseCatalog.all.flatMap { about in about.parameters.map { "\(about.name) \($0.name)" } })
  func everySettingPlaysAPart(_ name: String) throws {
    let (defense, setting) = (String(name.prefix { $0 != " " }), String(name.drop { $0 != " " }.dropFirst()))
    let values = try #require(
      Self.values["\(defense) \(setting)"] ?? Self.values[setting], "\(name): no values")
    // Told in another test: here both may name the same.
    if setting == "labels" { return }
    // Without a future DQN has no use for the worst case of what follows.
    let kind: AgentKind = defense == "sa-ppo" || setting == "worst-weight" ? .ppo : .dqn
    let others = setting == "steps" ? ":method=pgd" : ""
    let learned = try [values.0, values.1].map { value in
      let text = "\(defense):\(setting)=\(value)\(others)"
      let policy = try trained(kind, text, steps: 800).policy
      guard let about = DefenseCatalog.all.first(where: { $0.name == defense }), about.seam == .inference
      else {
        return policy.network.parameters.map(\.elements)
      }
      let plan = try DefensePlan(text, epsilon: nil)
      var shown: any DifferentiablePolicy = policy
      for defense in plan.inference { shown = defense.wrapping(shown) }
      var (memory, random) = (Memory(), (0..<2).map { RandomStream(seed: UInt64($0)) })
      return [shown.scores(for: observations, memory: &memory, using: &random).elements]
    }
    let isSame = learned[0] == learned[1]
    #expect(!isSame)
  }

  /// Two values of each setting that have to make a difference.
  private static let values = [
    "epsilon": ("0.05", "0.2"), "warm-up": ("1", "0..1@0.5..1"), "weight": ("0.1", "0.4"),
    "attack": ("fgsm", "noise"),
    "share": ("0.5", "1"), "method": ("interval", "pgd"), "steps": ("1", "5"), "lead": ("0.1", "2"),
    "labels": ("own", "start"), "worst-weight": ("0", "0.5"), "rate": ("0.0001", "0.01"), "every": ("1", "3"),
    "iterations": ("1", "3"), "temperature": ("1", "0.2"), "levels": ("2", "16"),
    "values": ("0,1", "0,0.5,1"),
    "sigma": ("0.01", "0.5"), "samples": ("2", "9"),
  ]

  /// Curves show the warm-up from its beginning.
  @Test(arguments: [
    (AgentKind.dqn, "sa-dqn"), (.ppo, "sa-ppo"), (.ppo, "wocar"), (.dqn, "vat"), (.dqn, "radial"),
  ])
  func sizesAreToldWhileTheyAreZero(_ kind: AgentKind, _ defense: String) throws {
    let configuration = configuration(kind)
    let vector = EnvironmentVector(
      id: "test", TwoFeatures(), rules: EpisodeRules(timeLimit: 10), count: configuration.lanes)
    var agent = try configuration.makeAgent(in: vector, seed: 1, workers: .one)
    let plan = try DefensePlan("\(defense):warm-up=0..1@0.5..1:weight=0.3", epsilon: Epsilon(0.1))
    try agent.harden(by: #require(plan.loss))
    func measures(at progress: Float) throws -> [String: Float] {
      while true {
        let update = try agent.advance(progress: progress, hardening: nil)
        if update.loss != nil { return update.measures }
      }
    }
    let waiting = try measures(at: 0.2)
    #expect(
      waiting["defense_epsilon"] == 0 && waiting["defense_weight"] == 0.3 && waiting["defense_loss"] == nil)
    let hardening = try measures(at: 0.75)
    #expect(hardening["defense_epsilon"] == 0.05 && hardening["defense_loss"] != nil)
  }

  @Test(arguments: [(AgentKind.dqn, "sa-dqn:method=pgd"), (.ppo, "sa-ppo:method=pgd"), (.dqn, "wocar")])
  func threadsDoNotChangeWhatIsLearned(_ kind: AgentKind, _ defense: String) throws {
    let one = try trained(kind, defense, steps: 1500).policy
    #expect(try trained(kind, defense, steps: 1500, workers: Workers(threads: 2)).policy == one)
  }
}

import Agents
import ArgumentParser
import Environments
import Networks

/// A training loop that is measured, the same for the peers.
enum TrainingCase: String, CaseIterable, Codable, ExpressibleByArgument {
  /// PPO, one network of a convolution (16 filters 3×3) and 128 units: 64 environments × 128 steps, 8 minibatches of 1024,
  /// 4 epochs.
  case ppoCNN = "ppo-cnn"
  /// The same with two networks of two hidden layers of 64 units.
  case ppoMLP = "ppo-mlp"
  /// DQN on the convolution and 128 units: one environment, batches of 32, an update every step.
  case dqnEveryStep = "dqn-every-1"
  /// The same with an update every four steps.
  case dqnEveryFour = "dqn-every-4"

  /// The agent's settings.
  var configuration: any AgentConfiguration {
    switch self {
    case .ppoCNN, .ppoMLP:
      var configuration = PPO.Configuration()
      configuration.lanes = 64
      configuration.horizon = 128
      configuration.minibatches = 8
      configuration.epochs = 4
      configuration.isShared = self == .ppoCNN
      configuration.network = self == .ppoCNN ? .init(.minatarCNN) : .init(.mlp, hidden: [64, 64])
      return configuration
    case .dqnEveryStep, .dqnEveryFour:
      var configuration = DQN.Configuration()
      configuration.lanes = 1
      configuration.network = .init(.minatarCNN)
      configuration.isDouble = false
      configuration.replayCapacity = 100_000
      configuration.targetInterval = 1000
      configuration.stepsPerUpdate = self == .dqnEveryStep ? 1 : 4
      return configuration
    }
  }

  /// The floating-point operations of the matrix products that one environment step takes, acting and learning.
  func operations(in environments: any VectorEnvironment) throws -> Double {
    let space = environments.observationSpace
    func cost(_ outputs: Int) throws -> (forward: Double, training: Double) {
      let network = try configuration.network.architecture(
        of: [space.height, space.width, space.channels], outputs: outputs)
      return (
        NetworkCase.forward.operations(of: network), NetworkCase.training.operations(of: network)
      )
    }
    let actions = environments.actions.count
    switch self {
    case .ppoCNN:
      let both = try cost(actions + 1)
      return both.forward + 4 * both.training
    case .ppoMLP:
      let (actor, critic) = (try cost(actions), try cost(1))
      return actor.forward + critic.forward + 4 * (actor.training + critic.training)
    case .dqnEveryStep, .dqnEveryFour:
      let network = try cost(actions)
      let update = 32 * (network.forward + network.training)
      return network.forward + update / (self == .dqnEveryStep ? 1 : 4)
    }
  }
}

import Environments
import Networks
import Tensors

/// What can be set of an agent, as far as all agents share it.
public protocol AgentConfiguration: Hashable, Sendable, Codable {
  /// Environments in lockstep.
  var lanes: Int { get }
  /// Frames in an observation.
  var frames: Int { get set }
  /// The network; nil for what suits the frame.
  var network: NetworkChoice? { get set }

  /// An agent that has seen nothing.
  ///
  /// - Parameters:
  ///   - environments: `lanes` of them.
  ///   - seed: the training seed, from which every stream of the run is drawn.
  /// - Throws: `NetworkError` when the network does not suit the frames.
  func makeAgent(
    in environments: any VectorEnvironment, seed: UInt64, workers: Workers
  ) throws -> any LearningAgent
}

extension AgentConfiguration {
  /// The network from an observation of the environments to a number of outputs.
  /// - Throws: `NetworkError` when the network does not suit the frames.
  func architecture(
    for environments: any VectorEnvironment, outputs: Int
  ) throws -> Network.Architecture {
    let space = environments.observationSpace
    let choice = network ?? .suited(height: space.height, width: space.width)
    return try choice.architecture(
      input: [space.height, space.width, space.channels * frames], outputs: outputs)
  }
}

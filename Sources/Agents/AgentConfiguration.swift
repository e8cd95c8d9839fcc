import Environments
import Networks
import Policies
import Tensors

/// What can be set of an agent, as far as all agents share it.
public protocol AgentConfiguration: Hashable, Sendable, Codable {
  /// Whose it is.
  var kind: AgentKind { get }
  /// Environments in lockstep, at least 1.
  var lanes: Int { get set }
  /// Frames in an observation, at least 1.
  var frames: Int { get set }
  /// The network; where nothing is said, what suits the observation.
  var network: NetworkChoice { get set }
  /// The discount γ over the run, 0 to 1.
  var discount: Schedule { get set }
  /// Whether learning takes a step with a reward, other than 0, for an episode's end: nothing after it counts. For games of
  /// points that have little to do with each other, as an episode a life elsewhere. Episodes themselves go on.
  var rewardTerminates: Bool { get set }
  /// Adam's rate over the run.
  var learningRate: Schedule { get set }
  /// The largest global norm of a gradient, positive.
  var gradientLimit: Float { get set }

  /// An agent that has seen nothing.
  ///
  /// - Parameters:
  ///   - environments: `lanes` of them.
  ///   - seed: the training seed, from which every stream of the run is drawn.
  /// - Throws: `NetworkError` when the network does not suit the frames; ``ConfigurationError`` for settings that contradict
  ///   each other.
  func makeAgent(
    in environments: any VectorEnvironment, seed: UInt64, workers: Workers
  ) throws -> any LearningAgent
}

extension AgentConfiguration {
  /// The shape of an observation of the environments: [height, width, frames·channels].
  func input(in environments: any VectorEnvironment) -> [Int] {
    let space = environments.observationSpace
    return [space.height, space.width, space.channels * frames]
  }
}

import Attacks
import Environments
import Episodes
import Networks
import Policies
import RandomStreams
import Tensors

/// The policy gradient REINFORCE with a learned baseline (Williams 1992; Sutton & Barto 2018, section 13.4):
///
///     loss = −mean (G − b(s)) · log π(a | s) + ½ · mean (G − b(s))² − c · mean entropy(π(· | s))
///
/// G is the discounted return from the step on; where an episode was truncated, or the batch ends within it, the
/// baseline's value of the next observation stands for the rest.
///
/// Deviations from the book:
/// 1. An update is made for a batch of steps of several environments, with Adam, gradients clipped to a norm of 0.5.
/// 2. Advantages G − b(s) are normalized over the batch.
/// 3. An entropy bonus keeps the policy from deciding too early.
/// 4. The discount weighs returns, not the steps of an episode (no γᵗ in front), as everybody does.
public struct REINFORCE: LearningAgent {
  /// What can be set.
  public struct Configuration: AgentConfiguration {
    /// Environments in lockstep.
    public var lanes = 32
    /// Frames in an observation.
    public var frames = 1
    /// The network, of policy and baseline alike; nil for what suits the frame.
    public var network: NetworkChoice?
    /// The discount γ.
    public var discount: Float = 0.99
    /// Steps of each environment in an update.
    public var horizon = 32
    /// Adam's rate.
    public var learningRate = Schedule.linear(from: 3e-3, to: 3e-4, share: 1)
    /// The weight c of the entropy.
    public var entropyBonus = Schedule.linear(from: 0.1, to: 0.001, share: 1)

    /// The defaults.
    public init() {}

    /// An agent with these settings.
    public func makeAgent(
      in environments: any VectorEnvironment, seed: UInt64, workers: Workers
    ) throws -> any LearningAgent {
      try REINFORCE(self, environments: environments, seed: seed, workers: workers)
    }
  }

  /// Policy and baseline, trained as one.
  private struct Model: Parameterized {
    var policy: Network
    var baseline: Network
    var parameters: [Tensor] {
      get { policy.parameters + baseline.parameters }
      set {
        let split = policy.parameters.count
        policy.parameters = Array(newValue[..<split])
        baseline.parameters = Array(newValue[split...])
      }
    }
  }

  /// What was set.
  public let configuration: Configuration
  /// Environment steps made so far.
  public private(set) var steps = 0
  private var model: Model
  private var optimizer = Optimizer(Adam())
  private var rollout: Rollout
  private var random: RandomStream
  private let workers: Workers

  /// An agent that has seen nothing.
  ///
  /// - Parameters:
  ///   - environments: `configuration.lanes` of them.
  ///   - seed: the training seed, from which every stream of the run is drawn.
  /// - Throws: `NetworkError` when the network does not suit the frames.
  public init(
    _ configuration: Configuration, environments: any VectorEnvironment, seed: UInt64, workers: Workers = .one
  ) throws {
    self.configuration = configuration
    self.workers = workers
    var initialization = RandomStream(seed: seed, stream: .initialization)
    model = Model(
      policy: try Network(
        configuration.architecture(for: environments, outputs: environments.actions.count),
        initializer: .orthogonal, outputGain: 0.01, using: &initialization),
      baseline: try Network(
        configuration.architecture(for: environments, outputs: 1), initializer: .orthogonal,
        using: &initialization))
    random = RandomStream(seed: seed, stream: .exploration)
    rollout = Rollout(environments, frames: configuration.frames)
    rollout.startTraining(seed: seed)
  }

  /// Greedy on the learned logits.
  public var policy: NetworkPolicy { NetworkPolicy(model.policy) }

  /// `horizon` steps of all environments and one update.
  public mutating func advance(progress: Float, hardening: (any CollectionDefense)?) throws -> TrainingUpdate
  {
    var update = TrainingUpdate()
    let space = rollout.environments.observationSpace
    let attacker = try hardening?.attacker(against: policy, range: space.low...space.high, progress: progress)
    let sampling = SampledPolicy(NetworkPolicy(model.policy))
    var collected: [Rollout.Step] = []
    var following: [[Float]] = []
    for _ in 0..<configuration.horizon {
      let step = try rollout.step(sampling, attacker: attacker)
      steps += step.lanes.count
      collected.append(step)
      // Values of what follows are needed only where a return is cut off.
      let isLast = collected.count == configuration.horizon
      let isCut = step.outcomes.contains { $0.ending == .truncated }
      following.append(isLast || isCut ? model.baseline(step.next).elements : [])
      update.returns += rollout.restartEnded()
    }
    let returns = Self.discountedReturns(
      collected.map(\.outcomes), following, discount: configuration.discount)
    update.loss = try learn(
      observations: .concatenate(collected.map(\.delivered)), actions: collected.flatMap(\.actions),
      returns: returns, progress: progress)
    return update
  }

  /// The discounted return from each step on, step after step, lane after lane.
  ///
  /// - Parameters:
  ///   - outcomes: those of all lanes for each step.
  ///   - following: the values of what follows for each step, needed for the last and where an episode was truncated.
  static func discountedReturns(
    _ outcomes: [[Outcome]], _ following: [[Float]], discount: Float
  ) -> [Float] {
    var returns = [[Float]](repeating: [], count: outcomes.count)
    var rest = following.last ?? []
    for step in outcomes.indices.reversed() {
      for (lane, outcome) in outcomes[step].enumerated() {
        switch outcome.ending {
        case .terminated: rest[lane] = 0
        case .truncated: rest[lane] = following[step][lane]
        case nil: break
        }
        rest[lane] = outcome.reward + discount * rest[lane]
      }
      returns[step] = rest
    }
    return returns.flatMap { $0 }
  }

  private mutating func learn(
    observations: Tensor, actions: [Int], returns: [Float], progress: Float
  ) throws -> Float {
    let count = actions.count
    let targets = Tensor(returns)
    let values = model.baseline(observations).reshaped(to: [count])
    let advantages = normalized(targets - values)
    let bonus = configuration.entropyBonus.value(at: progress)
    let (loss, gradients) = workers.valueAndGradients(
      of: { (model: Model, rows: Range<Int>) in
        let observations = observations.slice(rows)
        let logits = model.policy(observations)
        // The cross-entropy is −log π(a | s).
        let policyLoss = (logits.crossEntropy(with: Array(actions[rows])) * advantages.slice(rows)).sum()
        let values = model.baseline(observations).reshaped(to: [rows.count])
        let baselineLoss = values.squaredError(to: targets.slice(rows)).sum() * 0.5
        return (policyLoss + baselineLoss - logits.entropy().sum() * bonus) / Float(count)
      }, at: model, rows: count)
    guard loss.scalar.isFinite else { throw TrainingError("the loss is \(loss.scalar) at step \(steps)") }
    optimizer.update(
      &model.parameters, along: clipped(gradients, toGlobalNorm: 0.5).gradients,
      learningRate: configuration.learningRate.value(at: progress), on: workers)
    return loss.scalar
  }

  private func normalized(_ advantages: Tensor) -> Tensor {
    let centered = advantages - advantages.mean()
    let deviation = centered.squared().mean().scalar.squareRoot()
    return centered / (deviation + 1e-8)
  }
}

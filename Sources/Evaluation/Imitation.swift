import Attacks
import Networks
import Policies
import RandomStreams
import Tensors

/// A network taught by a policy's answers alone, so that what is crafted on it can be tried on the policy: a substitute
/// (Papernot et al. 2017, "Practical Black-Box Attacks against Machine Learning", section 4).
///
/// What masks the policy's gradients does not mask the copy's: where the copy's examples fool the policy and its own gradient
/// does not, the gradient is at fault.
///
/// Deviations: 1. The training set is grown by points drawn from the neighborhoods of the frames, not along the copy's
/// Jacobian. 2. It is grown once.
struct Imitation: Sendable {
  /// The copy.
  let policy: NetworkPolicy
  /// The share of frames on which it acts as the policy does.
  let agreement: Double

  /// Points drawn around each frame, beside the frame itself.
  private static let neighbors = 7
  private static let epochs = 30
  private static let batch = 64

  /// Teaches a network that suits the observations.
  /// - Parameter continuing: asked for each minibatch.
  /// - Throws: `NetworkError` when no network suits them; `AttackError` when the threat model does not; `CancellationError`
  ///   when `continuing` says no.
  init(
    of victim: any Policy, actions: Int, on sample: FrameSample, within threat: ThreatModel, seed: UInt64,
    workers: Workers, continuing: () -> Bool = { true }
  ) throws {
    var streams = (0..<sample.count).map { RandomStream(seed: seed &+ UInt64($0), stream: .attack) }
    let neighborhood = try Neighborhood(
      of: sample.observations, under: threat, frameChannels: sample.frameChannels)
    let rounds =
      [sample.observations]
      + (0..<Self.neighbors).map { _ in neighborhood.randomPoints(using: &streams) }
    let examples = Tensor.concatenate(rounds)
    let labels = rounds.flatMap { sample.actions(of: victim, at: $0) }

    var random = RandomStream(seed: seed, stream: .initialization)
    let shape = Array(examples.shape.dimensions.dropFirst())
    var network = try Network(
      NetworkChoice().architecture(of: shape, outputs: actions), initializer: .kaiming, using: &random)
    var optimizer = Optimizer(Adam())
    for _ in 0..<Self.epochs {
      let order = Array(labels.indices).shuffled(using: &random)
      for range in Workers.shards(of: order.count, shardSize: Self.batch) {
        guard continuing() else { throw CancellationError() }
        let picked = Array(order[range])
        let (inputs, wanted) = (examples.rows(at: picked), picked.map { labels[$0] })
        let gradients = workers.valueAndGradients(
          of: { network, rows in
            network(rows.count == picked.count ? inputs : inputs.slice(rows))
              .crossEntropy(with: Array(wanted[rows])).sum() / Float(picked.count)
          }, at: network, rows: picked.count
        ).gradients
        optimizer.update(&network.parameters, along: gradients, learningRate: 1e-3, on: workers)
      }
    }
    policy = NetworkPolicy(network)
    let copied = network(sample.observations).argmax()
    agreement = Double(zip(copied, labels).count { $0 == $1 }) / Double(sample.count)
  }
}

import Agents
import Attacks
import Networks
import Policies
import RandomStreams
import Tensors

/// Virtual adversarial training (Miyato et al. 2019, "Virtual Adversarial Training: A Regularization Method for Supervised and
/// Semi-Supervised Learning", section 3.3 and algorithm 1): the policy's distribution is to change little in the direction in
/// which it changes most. It needs frames alone, no actions and no rewards: each observation of a batch counts, and the one
/// after it as well, which in a rollout may be the next episode's first.
///
///     loss + κ · mean KL(π(· | s) ‖ π(· | s + r))      the first π without gradient
///
/// The direction comes from power iterations: from a random d, d ← ∇ KL(π(· | s) ‖ π(· | s + ξ·d/‖d‖)) over its norm.
///
/// Deviations:
/// 1. The perturbation of the size ε along the direction is that of the max norm, r = ε · sign d, within the valid range: our
///    threat model's. The paper's is ε · d.
/// 2. ξ is ε·√n/10 for n entries, a tenth of the size of a perturbation of ε each, because Float32 sees nothing of the
///    paper's 10⁻⁶.
/// 3. For DQN π is the softmax of Q over a temperature.
public struct VirtualAdversarialTraining: LossDefenseRecipe {
  /// The sizes and the weight.
  public var hardness: Hardness
  /// Power iterations.
  public var iterations: Int
  /// What scores are divided by before the softmax.
  public var temperature: Float

  /// The defense with its settings.
  public init(_ hardness: Hardness, iterations: Int = 1, temperature: Float = 1) {
    self.hardness = hardness
    self.iterations = iterations
    self.temperature = temperature
  }

  /// For every agent and every network without a memory.
  public func defense(
    for policy: Network, of kind: AgentKind, range: ClosedRange<Float>, seed: UInt64
  ) throws -> any LossDefense {
    LocalSmoothness(recipe: self, surroundings: Surroundings(range: range), seed: seed)
  }

  /// Observations moved by ε along the sign of the virtual adversarial direction.
  static func perturbed(
    _ observations: Tensor, from noise: Tensor, epsilon: Float, iterations: Int,
    within surroundings: Surroundings, workers: Workers, logits: @Sendable (Tensor) -> Tensor
  ) -> Tensor {
    let range = surroundings.range
    let radius = epsilon * (range.upperBound - range.lowerBound)
    return .concatenate(
      workers.map(shardsOf: observations.shape[0]) { rows in
        let clean = observations.slice(rows)
        let entries = Float(clean.count / max(clean.shape[0], 1))
        let target = logits(clean)
        var direction = noise.slice(rows)
        for _ in 0..<iterations {
          let probe = (radius * entries.squareRoot() / 10) * direction.normalizedRows()
          direction = gradient(of: { target.klDivergence(to: logits($0)).sum() }, at: clean + probe)
        }
        return clean.stepped(by: radius, alongSignOf: direction).clamped(to: range)
      })
  }
}

/// The weighted divergence at the virtual adversarial perturbation.
private struct LocalSmoothness: LossDefense {
  let recipe: VirtualAdversarialTraining
  let surroundings: Surroundings
  let seed: UInt64

  func measures(at progress: Float) -> [String: Float] { recipe.hardness.measures(at: progress) }

  func term(
    for experience: Transitions, of policy: Network, update: Int, progress: Float, workers: Workers
  ) -> LossTerm? {
    guard let (epsilon, weight) = recipe.hardness.at(progress) else { return nil }
    // Neither needs a label.
    let frames = [experience.observations, experience.next]
    let starts = frames.indices.map {
      noise(frames[$0].shape, seed: seed, update: update * 2 + $0) { Float($0.normal()) }
    }
    let (temperature, iterations) = (recipe.temperature, recipe.iterations)
    let perturbed = zip(frames, starts).map { frames, noise in
      VirtualAdversarialTraining.perturbed(
        frames, from: noise, epsilon: epsilon, iterations: iterations, within: surroundings, workers: workers
      ) { policy($0) / temperature }
    }
    let distributions = frames.map { policy($0) / temperature }
    let share = weight / Float(frames.count)
    return LossTerm { policy, shard in
      let terms = zip(perturbed, distributions).map { perturbed, clean in
        clean.slice(shard.rows).klDivergence(to: policy(perturbed.slice(shard.rows)) / temperature)
      }
      return share * terms.dropFirst().reduce(terms[0], +)
    }
  }
}

extension Tensor {
  /// Each row of the first axis over its Euclidean norm.
  fileprivate func normalizedRows() -> Tensor {
    let flat = flattened()
    let norms = (flat.squared().sum(alongAxis: -1, keepingAxis: true) + 1e-30).squareRoot()
    return (flat / norms).reshaped(to: shape)
  }
}

extension VirtualAdversarialTraining: NamedDefense {
  static let about = AboutDefense(
    VirtualAdversarialTraining.self, "vat", .loss,
    "little change in the direction of most change, on frames alone (Miyato et al. 2019)")

  static let parameters: [Parameter<VirtualAdversarialTraining>] =
    Parameter.hardness(epsilon: \.hardness.epsilon, warmUp: \.hardness.warmUp, weight: \.hardness.weight)
    + [
      .whole("iterations", \.iterations, in: 1...100, "power iterations"),
      .number("temperature", \.temperature, in: 1e-3...1e3, "what scores are divided by before the softmax"),
    ]

  init() { self.init(Hardness(weight: 1)) }

  var fault: String? { hardness.fault() }
}

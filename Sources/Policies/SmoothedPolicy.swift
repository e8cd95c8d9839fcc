import Foundation
import Networks
import RandomStreams
import Tensors

/// Randomized smoothing of a policy (Cohen, Rosenfeld & Kolter 2019, "Certified Adversarial Robustness via Randomized
/// Smoothing", section 3): it does what its base would do most often if Gaussian noise lay on the observation,
///
///     action(s) = argmax over a of P[base(s + δ) = a]     δ ~ N(0, σ²)
///
/// estimated by a vote over draws. No perturbation whose Euclidean norm is below σ·Φ⁻¹(p) changes the action, where p is a
/// lower bound of the winner's probability, at least ½ (theorem 1 with p̄ = 1 − p); ``certifiedRadii(at:actions:samples:error:using:)``
/// finds it from more draws.
///
/// Deviations:
/// 1. An action has to be taken: the policy never abstains, and of equal counts the first wins.
/// 2. The scores are the shares of votes; their gradient is that of the mean softmax of the base's scores (Salman et al. 2019,
///    section 3.1), because votes have none.
/// 3. A certificate is of one frame at a time and of the vote's limit; the vote itself is over a few draws, and may differ.
public struct SmoothedPolicy<Base: DifferentiablePolicy>: DifferentiablePolicy, VotingPolicy {
  /// Whose actions are voted on.
  public let base: Base
  /// The noise's standard deviation.
  public let sigma: Float
  /// Draws for each decision.
  public let samples: Int

  /// A policy that votes.
  /// - Precondition: the deviation is positive, and there is at least one draw.
  public init(_ base: Base, sigma: Float, samples: Int) {
    precondition(sigma > 0 && samples > 0, "a vote needs noise and draws")
    self.base = base
    self.sigma = sigma
    self.samples = samples
  }

  /// The share of draws in which each action was the base's.
  /// - Precondition: one stream an observation.
  public func scores(
    for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
  ) -> Tensor {
    let rows = observations.shape[0]
    precondition(random.count == rows, "smoothing draws from one stream for each observation")
    precondition(memory.state.isEmpty, "smoothing has no memory")
    let scores = noisyScores(observations, samples: samples, using: &random)
    let actions = scores.shape[1]
    let votes = Self.votes(scores.argmax(), rows: rows, actions: actions)
    let shape = Shape([rows, samples, actions])
    let soft = scores.softmax().reshaped(to: shape).mean(alongAxis: 1)
    let hard = Tensor(votes.map { Float($0) / Float(samples) }, shape: [rows, actions])
    return soft + (hard - soft.stoppingGradient())
  }

  /// The base's scores under noise, [observations·samples, actions], the draws of an observation one after another.
  private func noisyScores(
    _ observations: Tensor, samples: Int, using random: inout [RandomStream]
  ) -> Tensor {
    let rows = observations.shape[0]
    let length = rows == 0 ? 0 : observations.count / rows
    let repeated = observations.rows(at: (0..<rows).flatMap { Array(repeating: $0, count: samples) })
    let noise = Tensor(shape: repeated.shape) { noise in
      for row in 0..<rows {
        for index in (row * samples * length)..<((row + 1) * samples * length) {
          noise[index] = sigma * Float(random[row].normal())
        }
      }
    }
    var memory = Memory()
    var streams = random.flatMap { Array(repeating: $0, count: samples) }
    return base.scores(for: repeated + noise, memory: &memory, using: &streams)
  }

  /// How often each action was chosen for each observation, row after row.
  private static func votes(_ chosen: [Int], rows: Int, actions: Int) -> [Int] {
    var votes = [Int](repeating: 0, count: rows * actions)
    let samples = rows == 0 ? 0 : chosen.count / rows
    for (index, action) in chosen.enumerated() { votes[index / samples * actions + action] += 1 }
    return votes
  }

  /// For each observation the Euclidean norm below which no perturbation changes the vote's limit from an action, with a
  /// probability of error of at most `error` each; nil where that action is not shown to be the majority's (Cohen et al. 2019,
  /// CERTIFY in section 3.2.2, the action in the place of a selection from draws of its own).
  ///
  /// - Parameters:
  ///   - actions: one an observation, chosen without these draws.
  ///   - samples: draws for each.
  public func certifiedRadii(
    at observations: Tensor, actions: [Int], samples: Int = 1000, error: Double = 0.001,
    using random: inout [RandomStream]
  ) -> [Float?] {
    let rows = actions.count
    // One observation at a time: noise takes room.
    return (0..<rows).map { row in
      var stream = [random[row]]
      let chosen = noisyScores(observations.slice(row..<(row + 1)), samples: samples, using: &stream).argmax()
      random[row] = stream[0]
      let share = Binomial.lowerBound(
        successes: chosen.count { $0 == actions[row] }, of: samples, error: error)
      return share > 0.5 ? sigma * Float(Binomial.normalQuantile(share)).nextDown : nil
    }
  }
}

import RandomStreams
import Tensors

/// A policy whose action is a majority over noise, and can be certified by draws.
public protocol VotingPolicy: ScoringPolicy {
  /// For each observation the Euclidean norm below which no perturbation changes the majority from an action; nil where the
  /// action is not shown to be the majority's.
  ///
  /// - Parameters:
  ///   - actions: one an observation.
  ///   - samples: draws for each.
  ///   - error: the probability with which one of the answers may be wrong.
  ///   - random: one stream an observation.
  func certifiedRadii(
    at observations: Tensor, actions: [Int], samples: Int, error: Double, using random: inout [RandomStream]
  ) -> [Float?]
}

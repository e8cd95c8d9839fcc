import Policies
import RandomStreams
import Tensors

extension Policy {
  /// Whether two looks at the first of some observations give the same scores, and neither draws anything; a policy may hide its
  /// randomness.
  func hasSteadyScores(on observations: Tensor, memory: Memory) -> Bool {
    guard let policy = self as? any ScoringPolicy else { return true }
    let start = [RandomStream(seed: 0, stream: .attack)]
    var looks: [[UInt32]] = []
    for _ in 0..<2 {
      var (memory, random) = (memory.rows(at: [0]), start)
      let scores = policy.scores(for: observations.rows(at: [0]), memory: &memory, using: &random)
      guard random == start else { return false }
      looks.append(scores.elements.map(\.bitPattern))
    }
    return looks[0] == looks[1]
  }
}

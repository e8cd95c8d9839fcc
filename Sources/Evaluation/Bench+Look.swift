import Policies
import Tensors

extension Bench {
  /// What a policy answers to some observations.
  struct Look: Sendable {
    /// [frames, actions]; nil for a policy that shows none.
    let scores: Tensor?
    let actions: [Int]

    /// Asks with the memory and the draws that the frames have.
    init(of policy: any Policy, at frames: FrameSample) {
      var (memory, random) = (frames.memory, frames.random)
      guard let scoring = policy as? any ScoringPolicy else {
        scores = nil
        actions = policy.act(on: frames.observations, memory: &memory, using: &random)
        return
      }
      let scores = scoring.scores(for: frames.observations, memory: &memory, using: &random)
      self.scores = scores.stoppingGradient()
      actions = scoring.actions(from: scores, using: &random)
    }

    /// For each frame whether another look at it found other scores, to the bit.
    func scoresDiffer(from other: Look) -> [Bool] {
      guard let own = scores, let scores = other.scores else { return actions.map { _ in false } }
      let (mine, others) = (own.elements.map(\.bitPattern), scores.elements.map(\.bitPattern))
      return rows(of: mine.count).map { mine[$0] != others[$0] }
    }

    /// The same, beyond what rounding explains: 10⁻⁴ of the largest score.
    func scoresDifferWidely(from other: Look) -> [Bool] {
      guard let own = scores, let scores = other.scores else { return actions.map { _ in false } }
      let (mine, others) = (own.elements, scores.elements)
      return rows(of: mine.count).map { row in
        let largest = row.reduce(0) { max($0, abs(mine[$1])) }
        return row.contains { !(abs(mine[$0] - others[$0]) <= 1e-4 * largest) }
      }
    }

    /// For each frame whether another action was taken.
    func actionsDiffer(from other: Look) -> [Bool] { zip(actions, other.actions).map { $0 != $1 } }

    /// The look at one of the frames.
    func row(_ index: Int) -> Look { Look(scores: scores?.rows(at: [index]), actions: [actions[index]]) }

    private init(scores: Tensor?, actions: [Int]) { (self.scores, self.actions) = (scores, actions) }

    private func rows(of count: Int) -> [Range<Int>] {
      let width = count / max(actions.count, 1)
      return actions.indices.map { ($0 * width)..<(($0 + 1) * width) }
    }
  }
}

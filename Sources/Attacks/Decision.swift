import Policies
import RandomStreams
import Tensors

/// What a victim decides, with what it knew and what it has drawn since.
struct Decision: Sendable {
  let actions: [Int]
  /// On the tape from `recorded` on, if that is there.
  let scores: Tensor?
  let recorded: Tensor?
  /// The victim's memory and streams after it.
  let memory: Memory
  let random: [RandomStream]

  init(
    on observations: Tensor, of victim: borrowing some Policy, memory: Memory, using random: [RandomStream],
    isRecorded: Bool
  ) {
    var (memory, random) = (memory, random)
    recorded = isRecorded ? observations.tracked() : nil
    let choice = victim.choice(on: recorded ?? observations, memory: &memory, using: &random)
    (actions, scores) = (choice.actions, choice.scores)
    memory.state = memory.state.map { $0.stoppingGradient() }
    (self.memory, self.random) = (memory, random)
  }

  /// The scores that an attack with an expectation is shown of a victim that draws: the mean over so many draws of its own. Nil
  /// where those of the decision are as good.
  ///
  /// - Parameters:
  ///   - before: the victim's streams before the decision.
  ///   - random: the streams that are drawn from.
  borrowing func drawnScores(
    of victim: any Policy, at observations: Tensor, memory: Memory, before: [RandomStream],
    expectation: Int, using random: inout [RandomStream]
  ) -> Tensor? {
    guard self.random != before, let victim = victim as? any ScoringPolicy else { return nil }
    return (0..<expectation).map { _ in
      var memory = memory
      return victim.scores(for: observations, memory: &memory, using: &random)
    }.mean()
  }

  /// The actions that an attack which knows nothing else is shown of a victim that draws them: the most frequent of so many draws
  /// of its own, because what the victim draws is not its to know. Nil where those of the decision are as good.
  ///
  /// - Parameters:
  ///   - before: the victim's streams before the decision.
  ///   - random: the streams that are drawn from.
  borrowing func drawnActions(
    of victim: any Policy, at observations: Tensor, memory: Memory, before: [RandomStream],
    expectation: Int, using random: inout [RandomStream]
  ) -> [Int]? {
    guard self.random != before else { return nil }
    return victim.mostFrequentActions(of: expectation, on: observations, memory: memory, using: &random)
  }
}

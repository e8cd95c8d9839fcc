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
}

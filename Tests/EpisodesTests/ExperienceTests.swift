import Attacks
import Episodes
import Policies
import RandomStreams
import Tensors
import Testing

/// What attacks learn from, recorded from episodes in lockstep.
@Suite struct ExperienceTests {
  /// Takes its row for its action.
  private struct Rows: Policy {
    func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
      Array(0..<observations.shape[0])
    }
  }

  private func recording(limit: Int) throws -> Experience {
    try Experience(of: Rows(), in: Count.lanes(3), frames: 1, seed: 0, limit: limit)
  }

  /// The first lane is truncated after three steps, the second terminates after one, the third after two:
  /// three rows, then two, then one.
  @Test func stepsAreRecordedInTheOrderOfTheLanes() throws {
    let experience = try recording(limit: 100)
    #expect(experience.observations.elements == [0, 0, 0, 0, 0, 0, 0.1, 0, 0.1, 0.2, 0.2, 0])
    #expect(experience.actions == [0, 1, 2, 0, 1, 0])
    #expect(experience.rewards == [1, 1, 1, 2, 2, 3])
    #expect(experience.successors == [3, nil, 4, 5, nil, nil])
    #expect(experience.hasTerminated == [false, true, false, false, true, false])
    #expect(experience.frameChannels == 2)
    #expect(experience.passes == Passes(forward: 6))
  }

  /// Where the record ends, what follows is only not known.
  @Test func aRecordThatIsCutIsNoEnd() throws {
    let experience = try recording(limit: 4)
    #expect(experience.successors == [3, nil, 4, nil, nil])
    #expect(experience.hasTerminated == [false, true, false, false, true])
  }
}

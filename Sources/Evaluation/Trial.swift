import Attacks
import Policies
import RandomStreams
import Tensors

/// What an attack did to the frames of a sample.
struct Trial: Sendable {
  /// For each frame whether the policy acts otherwise than on the clean one.
  private(set) var isFlipped: [Bool]
  /// For each frame whether it was delivered as it was.
  private(set) var isUnchanged: [Bool]

  /// Attacks each frame, several times if asked: a frame is flipped when one try flips it.
  ///
  /// - Parameters:
  ///   - attacker: the attack on the policy.
  ///   - seed: of the attack's streams, one a frame.
  ///   - workers: threads over groups of frames.
  ///   - continuing: asked before every try; false ends it with `CancellationError`.
  /// - Throws: `AttackError`, `CancellationError`.
  init(
    of attacker: Attacker, tries: Int = 1, on sample: FrameSample, seed: UInt64, workers: Workers,
    continuing: @Sendable () -> Bool
  ) throws {
    let parts = try workers.map(shardsOf: sample.count, shardSize: Evaluation.lanes) { group in
      let rows = Array(group)
      var streams = rows.map { RandomStream(seed: seed &+ UInt64($0), stream: .attack) }
      var isFlipped = Array(repeating: false, count: rows.count)
      var isUnchanged = isFlipped
      for _ in 0..<tries {
        guard continuing() else { throw CancellationError() }
        let open = rows.indices.filter { !isFlipped[$0] }
        guard !open.isEmpty else { break }
        let frames = sample.rows(at: open.map { rows[$0] })
        var random = open.map { streams[$0] }
        let delivery = try attacker.deliver(
          frames.observations, frameChannels: frames.frameChannels, memory: frames.memory, using: &random,
          victimRandom: frames.random)
        let actions = frames.actions(of: attacker.victim, at: delivery.observations)
        for (index, place) in open.enumerated() {
          streams[place] = random[index]
          isFlipped[place] = actions[index] != delivery.cleanActions[index]
          isUnchanged[place] = delivery.sizes[index] == 0
        }
      }
      return (isFlipped, isUnchanged)
    }
    isFlipped = parts.flatMap(\.0)
    isUnchanged = parts.flatMap(\.1)
  }

  /// For each frame 1 where it was flipped, else 0.
  var flips: [Double] { isFlipped.map { $0 ? 1 : 0 } }
}

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
  /// What was delivered at last, in the shape of the frames.
  private let delivered: Tensor

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
      var delivered = sample.observations.rows(at: rows)
      for _ in 0..<tries {
        guard continuing() else { throw CancellationError() }
        let open = rows.indices.filter { !isFlipped[$0] }
        guard !open.isEmpty else { break }
        let frames = sample.rows(at: open.map { rows[$0] })
        var random = open.map { streams[$0] }
        let delivery = try attacker.deliver(
          frames.observations, frameChannels: frames.frameChannels, memory: frames.memory, using: &random,
          victimRandom: frames.random)
        delivered.replaceRows(at: open, with: delivery.observations)
        let actions = frames.actions(of: attacker.victim, at: delivery.observations)
        for (index, place) in open.enumerated() {
          streams[place] = random[index]
          isFlipped[place] = actions[index] != delivery.cleanActions[index]
          isUnchanged[place] = delivery.sizes[index] == 0
        }
      }
      return (isFlipped, isUnchanged, delivered)
    }
    isFlipped = parts.flatMap(\.0)
    isUnchanged = parts.flatMap(\.1)
    delivered = .concatenate(parts.map(\.2))
  }

  /// The shares of a change at which ``shrunk(on:of:within:workers:continuing:)`` looks: sixteenths, and ever smaller ones.
  private static let shares = (1...16).map { Float($0) / 16 } + (5...8).map { 1 / Float(1 << $0) }

  /// The same changes made smaller, to any of some shares: a frame is flipped when one of them flips it. One forward pass for
  /// each.
  /// - Throws: `AttackError` when the threat model does not fit the frames; `CancellationError`.
  func shrunk(
    on sample: FrameSample, of policy: any Policy, within threat: ThreatModel, workers: Workers,
    continuing: @Sendable () -> Bool
  ) throws -> Trial {
    var trial = self
    trial.isFlipped = try workers.map(shardsOf: sample.count, shardSize: Evaluation.lanes) { group in
      let rows = Array(group)
      let frames = sample.rows(at: rows)
      let neighborhood = try Neighborhood(
        of: frames.observations, under: threat, frameChannels: frames.frameChannels)
      let change = delivered.rows(at: rows) - frames.observations
      let clean = frames.actions(of: policy, at: frames.observations)
      var isFlipped = rows.map { _ in false }
      for share in Self.shares {
        guard continuing() else { throw CancellationError() }
        let actions = frames.actions(
          of: policy, at: neighborhood.deliverable(frames.observations + change * share))
        for row in rows.indices where actions[row] != clean[row] { isFlipped[row] = true }
      }
      return isFlipped
    }.flatMap { $0 }
    return trial
  }

  /// With a frame flipped where another attack flips it, too.
  func or(_ other: Trial) -> Trial {
    var trial = self
    trial.isFlipped = zip(isFlipped, other.isFlipped).map { $0 || $1 }
    return trial
  }

  /// For each frame 1 where it was flipped, else 0.
  var flips: [Double] { isFlipped.map { $0 ? 1 : 0 } }
}

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
  let delivered: Tensor

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

  /// The shares of a change's size that ``parts(on:)`` tries: sixteenths, and ever smaller ones.
  static let sizes = (1...16).map { Float($0) / 16 } + (5...8).map { 1 / Float(1 << $0) }
  /// One in so many entries that it tries.
  private static let rarities = [2, 4, 8, 16, 32, 64]

  /// Parts of the same changes: all entries by a share of the change, those few alone that should weigh most by the slopes of
  /// the margin at the clean frame, and all of it held to 8 bits. A frame is flipped when one of them flips it.
  ///
  /// Cost: one forward pass for each part, and the forward and the backward pass of the slopes.
  /// - Throws: `AttackError` when the threat model does not fit the frames; `CancellationError`.
  func parts(on bench: Bench) throws -> Trial {
    let (sample, threat) = (bench.sample, bench.panel.threat)
    var trial = self
    trial.isFlipped = try bench.workers.map(shardsOf: sample.count, shardSize: Evaluation.lanes) { group in
      let rows = Array(group)
      let frames = sample.rows(at: rows)
      let (clean, delivered) = (frames.observations, delivered.rows(at: rows))
      var levels = threat
      levels.isQuantized = true
      let (within, withinLevels) = try (
        Neighborhood(of: clean, under: threat, frameChannels: frames.frameChannels),
        Neighborhood(of: clean, under: levels, frameChannels: frames.frameChannels)
      )
      let change = delivered - clean
      var parts = Self.sizes.map { size in { within.deliverable(clean + change * size) } }
      parts.append { withinLevels.deliverable(delivered) }
      if let target = bench.target {
        let gains = try change * Slopes(of: target, on: frames, within: threat).gradient
        parts += Self.rarities.map { rarity in
          { within.deliverable(clean + Self.largest(of: change, by: gains, oneIn: rarity)) }
        }
      }
      let cleanActions = frames.actions(of: bench.policy, at: clean)
      var isFlipped = rows.map { _ in false }
      for part in parts {
        guard bench.continuing() else { throw CancellationError() }
        let actions = frames.actions(of: bench.policy, at: part())
        for row in rows.indices where actions[row] != cleanActions[row] { isFlipped[row] = true }
      }
      return isFlipped
    }.flatMap { $0 }
    return trial
  }

  /// A change of the entries alone that gain most, one in so many of each row and at least one.
  private static func largest(of change: Tensor, by gains: Tensor, oneIn rarity: Int) -> Tensor {
    let length = change.count / change.shape[0]
    let gains = gains.elements
    var kept = [Float](repeating: 0, count: change.count)
    for start in stride(from: 0, to: change.count, by: length) {
      let order = (start..<(start + length)).sorted { gains[$0] > gains[$1] }
      for entry in order.prefix(max(length / rarity, 1)) { kept[entry] = 1 }
    }
    return change * Tensor(kept, shape: change.shape)
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

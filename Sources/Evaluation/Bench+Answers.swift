import Attacks
import Policies
import RandomStreams
import Tensors

/// What can be wrong with a policy's answers, whatever their gradients.
extension Bench {
  /// The frames, and behind them a point beside each that an attack may deliver: a policy may answer otherwise off its own frames.
  func framesAndNeighbors() throws -> FrameSample {
    let neighborhood = try Neighborhood(
      of: sample.observations, under: panel.threat, frameChannels: sample.frameChannels)
    var random = sample.random.indices.map { RandomStream(seed: seed &+ UInt64($0), stream: .attack) }
    let neighbors = neighborhood.deliverable(neighborhood.randomPoints(using: &random))
    let rows = Array(0..<sample.count)
    return sample.rows(at: rows + rows).replacing(.concatenate([sample.observations, neighbors]))
  }

  /// Whether the policy answers the same to the same observation.
  func stability(of first: Look, at frames: FrameSample) -> [Check] {
    // The policy's own streams again, then others: what it draws elsewhere shows in the first pair, too.
    let others = frames.random.indices.map { RandomStream(seed: seed &+ UInt64($0), stream: .exploration) }
    let looks = [frames, frames.replacing(random: others)].map { Look(of: policy, at: $0) }
    let scores = Self.share(either(looks.map { $0.scoresDiffer(from: first) }))
    let actions = Self.share(either(looks.map { $0.actionsDiffer(from: first) }))
    let (status, sentence): (Check.Status, String) =
      if scores > 0 {
        if let expectation = panel.expectation {
          (
            .amber,
            "the scores are drawn; the attacks average them over \(expectation) draws, which may be too few"
          )
        } else {
          (
            .red,
            "the scores differ from one look to the next: a gradient is that of one draw; set an expectation"
          )
        }
      } else if actions > 0 {
        (.amber, "the action is drawn from steady scores: some flips are the policy's own")
      } else {
        (.green, "the same observation gets the same answer")
      }
    return [
      Check(
        name: "steady answers", status: status,
        figures: [.share("scores differ", scores), .share("actions differ", actions)], sentence: sentence)
    ]
  }

  /// Whether an answer depends on nothing but the observation and what the policy remembers: not on what else is asked with it,
  /// nor on what was asked before; and whether scores speak for the action that is taken.
  /// - Parameter first: what was answered before the attacks.
  func independence(since first: Look, at frames: FrameSample) throws -> [Check] {
    let beside = try workers.map(shardsOf: frames.count, shardSize: Evaluation.lanes) { rows in
      guard continuing() else { throw CancellationError() }
      let group = frames.rows(at: Array(rows))
      let together = Look(of: policy, at: group)
      return (0..<group.count).map { row in
        let alone = Look(of: policy, at: group.rows(at: [row]))
        let among = together.row(row)
        return alone.scoresDifferWidely(from: among)[0] || alone.actionsDiffer(from: among)[0]
      }
    }.flatMap { $0 }
    let now = Look(of: policy, at: frames)
    let worn = either([now.scoresDiffer(from: first), now.actionsDiffer(from: first)])
    let (apart, later, other) = (
      Self.share(either([beside])), Self.share(worn), Self.share(either([otherPreferences(first, frames)]))
    )
    let sentence =
      if other > 0 {
        "the action is not the one with the largest score, which attacks go by: they lead nowhere"
      } else if later > 0 {
        "the answers are others after the attacks than before: the policy remembers who asked, and an attack that asks once is not seen here"
      } else if apart > 0 {
        "an observation is answered otherwise alone than among others: attacks ask about many at once"
      } else {
        "an answer depends on the observation alone"
      }
    return [
      Check(
        name: "answers stand alone", status: max(apart, later, other) > 0 ? .red : .green,
        figures: [
          .share("other alone", apart), .share("other after the attacks", later),
          .share("not the largest score", other),
        ], sentence: sentence)
    ]
  }

  /// For each frame whether a policy that draws nothing takes another action than that with the largest score.
  private func otherPreferences(_ look: Look, _ frames: FrameSample) -> [Bool] {
    var (memory, random) = (frames.memory, frames.random)
    let actions = policy.act(on: frames.observations, memory: &memory, using: &random)
    guard let scores = look.scores, random == frames.random else { return actions.map { _ in false } }
    return zip(actions, scores.argmax()).map { $0 != $1 }
  }

  /// For each frame whether one of several things holds of it or of the point beside it.
  private func either(_ findings: [[Bool]]) -> [Bool] {
    (0..<sample.count).map { row in findings.contains { $0[row] || $0[row + sample.count] } }
  }
}

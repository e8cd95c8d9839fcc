import Attacks
import Networks
import Policies
import RandomStreams
import Tensors

/// What can be wrong with a policy's scores on the way from a frame to where an attack ends: a policy that tells attacks from other
/// observations has to change its mind somewhere.
extension Bench {
  /// Whether the margin grows along what an attack changes, and whether scores fall off a cliff there, or farther out.
  ///
  /// Each look at a frame has the same draws, so that on the way drawn scores change as smoothly as others; but farther out, where
  /// few draws vote, they jump.
  func ways(of policy: any ScoringPolicy, to attack: Trial) throws -> [Check] {
    let looksFar = !sample.areScoresDrawn(by: policy)
    let far = panel.threat.unbounded(entries: sample.observations.count / sample.count)
    let groups = try workers.map(shardsOf: sample.count, shardSize: Evaluation.lanes) { group in
      guard continuing() else { throw CancellationError() }
      let rows = Array(group)
      let frames = sample.rows(at: rows)
      func randomPoints(_ epsilon: Epsilon) throws -> Tensor {
        var threat = panel.threat
        threat.epsilon = epsilon
        var random = rows.map { RandomStream(seed: seed &+ UInt64($0), stream: .exploration) }
        return try Neighborhood(of: frames.observations, under: threat, frameChannels: frames.frameChannels)
          .randomPoints(using: &random)
      }
      let end = attack.delivered.rows(at: rows)
      let within = try [end, randomPoints(panel.threat.epsilon)].map {
        try cliffs(policy, frames, toward: $0)
      }
      return (
        peaks: zip(peaks(policy, frames, end), rows).map { $0 && !attack.isFlipped[$1] },
        within: zip(within[0], within[1]).map { $0 || $1 },
        beyond: looksFar ? try cliffs(policy, frames, toward: randomPoints(far)) : []
      )
    }
    let larger = Self.share(groups.flatMap(\.peaks))
    let (inside, outside) = (Self.share(groups.flatMap(\.within)), Self.share(groups.flatMap(\.beyond)))
    return [
      Check(
        name: "all of the change counts", status: Check.Status(larger, greenTo: 0.01, amberTo: 0.05),
        figures: [.share("a part raises the margin more", larger)],
        sentence: larger <= 0.01
          ? "no part of what pgd changes raises the margin more than all of it"
          : "a part of what pgd changes raises the margin more than all of it: the policy takes the end of the attack for what it is, "
            + "or the attack oversteps"),
      Check(
        name: "no cliffs",
        status: max(
          Check.Status(inside, greenTo: 0.01, amberTo: 0.05),
          Check.Status(outside, greenTo: 0.05, amberTo: 0.5)),
        figures: [.share("within epsilon", inside)] + (looksFar ? [.share("farther out", outside)] : []),
        sentence: inside > 0.01
          ? "within epsilon scores jump, where gradients see nothing of it: the policy takes some observations for others, as rounding and "
            + "detectors do"
          : outside > 0.05
            ? "far from the frames scores jump: attacks that come from there are told from others, and gradients need not lead"
            : "scores change smoothly"),
    ]
  }

  /// The same on the frames where the policy prefers its action most: few among all, and an episode may hang on them.
  func waysFromSurestFrames(of policy: any ScoringPolicy) throws -> [Check] {
    let surest = try FrameSample(
      surestOf: policy, in: panel.evaluation, workers: workers, continuing: continuing)
    let bench = Bench(panel: panel, policy: policy, sample: surest, workers: workers, continuing: continuing)
    let attack = try bench.trial(panel.plan(times: 1))
    let checks = try bench.ways(of: policy, to: attack)
    guard let worst = checks.max(by: { $0.status < $1.status }) else { return [] }
    return [
      Check(
        name: "surest frames", status: worst.status,
        figures: [.share("pgd", bench.flipRate(of: attack))] + checks.flatMap(\.figures),
        sentence: worst.status == .green
          ? "where the policy prefers its action most, the ways are as smooth"
          : "where the policy prefers its action most, \(worst.sentence)")
    ]
  }

  /// For each frame whether a part of a change, all entries by a share of it, raises the margin by a quarter more than all of the
  /// change.
  private func peaks(_ policy: any ScoringPolicy, _ frames: FrameSample, _ end: Tensor) -> [Bool] {
    let clean = frames.scores(of: policy, at: frames.observations)
    let actions = clean.argmax()
    let change = end - frames.observations
    func margins(_ size: Float) -> [Float] {
      frames.scores(of: policy, at: frames.observations + change * size).margin(over: actions).elements
    }
    let (start, magnitudes) = (clean.margin(over: actions).elements, clean.abs().max().elements)
    var best = start
    for size in Trial.sizes where size < 1 {
      for (row, margin) in margins(size).enumerated() { best[row] = max(best[row], margin) }
    }
    return margins(1).enumerated().map { row, last in
      best[row] - start[row] > 1.25 * max(last - start[row], 0) + 4e-6 * magnitudes[row]
    }
  }

  /// For each frame whether more than a tenth of all that scores change on a straight way from it is in a thirty-thousandth of
  /// the way, found by halving the steepest of some forty pieces, which get shorter toward the frame.
  private func cliffs(_ policy: any ScoringPolicy, _ frames: FrameSample, toward end: Tensor) throws -> [Bool]
  {
    let (origin, count) = (frames.observations, frames.count)
    let way = end - origin
    let clean = frames.scores(of: policy, at: origin)
    let (actions, magnitudes) = (clean.argmax(), clean.abs().max().elements)
    func leads(at places: [Float]) -> Tensor {
      let scores = frames.scores(of: policy, at: origin + way.scaledRows(by: places))
      return (scores - scores.gather(actions).reshaped(to: [count, 1])).stoppingGradient()
    }
    func changes(_ from: Tensor, _ to: Tensor) -> [Float] { (to - from).abs().max().elements }
    let places = [0] + (6...12).reversed().map { 1 / Float(1 << $0) } + (1...32).map { Float($0) / 32 }
    var total = [Float](repeating: 0, count: count)
    var steepest = [(change: Float, start: Float, width: Float)](repeating: (-1, 0, 0), count: count)
    var last = leads(at: total)
    var (low, high) = (last, last)
    for (start, place) in zip(places, places.dropFirst()) {
      guard continuing() else { throw CancellationError() }
      let next = leads(at: Array(repeating: place, count: count))
      let steeper = changes(last, next).enumerated().filter { row, change in
        total[row] += change
        guard change > steepest[row].change else { return false }
        steepest[row] = (change, start, place - start)
        return true
      }.map(\.offset)
      low.replaceRows(at: steeper, with: last.rows(at: steeper))
      high.replaceRows(at: steeper, with: next.rows(at: steeper))
      last = next
    }
    for _ in 0..<10 {
      guard continuing() else { throw CancellationError() }
      for row in steepest.indices { steepest[row].width /= 2 }
      let middle = leads(at: steepest.map { $0.start + $0.width })
      let isLower = zip(changes(low, middle), changes(middle, high)).map { $0 >= $1 }
      let (lower, upper) = (isLower.indices.filter { isLower[$0] }, isLower.indices.filter { !isLower[$0] })
      high.replaceRows(at: lower, with: middle.rows(at: lower))
      low.replaceRows(at: upper, with: middle.rows(at: upper))
      for row in upper { steepest[row].start += steepest[row].width }
    }
    return changes(low, high).enumerated().map { row, change in
      change > 4e-6 * magnitudes[row] && change > 0.1 * total[row]
    }
  }
}

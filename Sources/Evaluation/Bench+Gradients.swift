import Attacks
import Episodes
import Networks
import Policies
import RandomStreams
import Tensors

/// What can be wrong with a policy's gradients.
extension Bench {
  /// Whether the policy answers the same to the same observation.
  func stability() -> [Check] {
    // The policy's own streams twice, then others: what it draws elsewhere shows in the first pair, too.
    let others = sample.random.indices.map { RandomStream(seed: seed &+ UInt64($0), stream: .exploration) }
    let looks = [sample.random, sample.random, others].map { random in
      var (memory, random) = (sample.memory, random)
      guard let scoring = policy as? any ScoringPolicy else {
        return (
          scores: [UInt32](), actions: policy.act(on: sample.observations, memory: &memory, using: &random)
        )
      }
      let scores = scoring.scores(for: sample.observations, memory: &memory, using: &random)
      return (scores.elements.map(\.bitPattern), scoring.actions(from: scores, using: &random))
    }
    func share(_ differs: (Int) -> Bool) -> Double {
      Double((0..<sample.count).count(where: differs)) / Double(sample.count)
    }
    let width = looks[0].scores.count / sample.count
    let scores = share { row in
      let entries = (row * width)..<((row + 1) * width)
      return looks.contains { $0.scores[entries] != looks[0].scores[entries] }
    }
    let actions = share { row in looks.contains { $0.actions[row] != looks[0].actions[row] } }
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

  /// Whether the gradient is there, is the slope of the loss, and leads where the loss grows.
  /// - Parameter flipRate: the share of frames that the attack which follows it flips.
  func gradients(flipRate: Double) throws -> [Check] {
    guard let target else { return [] }
    let groups = try workers.map(shardsOf: sample.count, shardSize: Evaluation.lanes) { rows in
      guard continuing() else { throw CancellationError() }
      let frames = sample.rows(at: Array(rows))
      let slopes = try Slopes(of: target, on: frames, within: panel.threat)
      guard continuing() else { throw CancellationError() }
      var random = rows.map { RandomStream(seed: seed &+ UInt64($0), stream: .attack) }
      return (slopes: slopes, leads: slopes.leads(target, on: frames, using: &random))
    }
    let vanished = groups.flatMap(\.slopes.isCrossEntropyFlat)
    let flat = groups.flatMap(\.slopes.isMarginFlat)
    let (zero, zeroMargin) = (Self.share(vanished), Self.share(flat))
    var checks = [
      Check(
        name: "gradient not zero", status: Check.Status(max(zero, zeroMargin), greenTo: 0.01, amberTo: 0.05),
        figures: [.share("zero", zero), .share("zero for the margin", zeroMargin)],
        sentence: max(zero, zeroMargin) <= 0.01
          ? "the gradient is there"
          : zeroMargin < zero
            ? "the softmax is saturated: the cross-entropy's gradient is exactly zero, and only attacks up the margin get anywhere"
            : "the gradient is exactly zero: something on its way lets none through")
    ]
    let shares = groups.flatMap(\.slopes.newestShares)
    if !shares.isEmpty { checks.append(newestFrame(shares)) }
    // Straight through, the gradient is not meant to be the slope.
    if !panel.isStraightThrough { checks.append(try finiteDifferences(target)) }
    let compared = groups.flatMap(\.leads).compactMap { $0 }
    let astray = Self.share(compared.map { !$0 })
    // A step that is too long leads nowhere in particular; where the attack wins all the same, nothing is hidden.
    let isHarmless = astray <= 0.1 || flipRate >= 0.95
    // What no step changes on most frames cannot speak for them.
    let isRare = compared.count * 2 < sample.count
    checks.append(
      Check(
        name: "gradient leads",
        status: !isHarmless && astray > 0.25 ? .red : isRare || !isHarmless ? .amber : .green,
        figures: [.share("no better than chance", astray), .number("compared", Double(compared.count))],
        sentence: !isHarmless
          ? "a step along the gradient gains no more than a random one: the slope says nothing at this epsilon"
          : isRare
            ? "on most frames no step changes anything: there is too little to compare"
            : astray <= 0.1
              ? "a step along the gradient gains more than a random one of the same size"
              : "a single step of this size gains no more than a random one, and pgd flips the frames all the same"
      ))
    return checks
  }

  /// Whether what is changed weighs on what is done at once: an attack of the newest frame climbs by that alone.
  private func newestFrame(_ shares: [Double]) -> Check {
    let evenShare = Double(sample.frameChannels) / Double(sample.observations.shape[3])
    let share = Statistics.mean(shares)
    let status: Check.Status =
      share >= evenShare / 2 ? .green : share >= evenShare / 20 ? .amber : .red
    return Check(
      name: "newest frame counts", status: status,
      figures: [.share("of the gradient", share), .share("of the stack", evenShare)],
      sentence: status == .green
        ? "what is attacked weighs on the action at once"
        : "the action rests on older frames, and what is done to the newest tells later: attack all of them, and look at the return"
    )
  }

  /// The gradient beside central differences, on a few frames and in a few directions of each.
  private func finiteDifferences(_ target: any DifferentiablePolicy) throws -> Check {
    let stride = max(sample.count / 64, 1)
    let rows = Array(Swift.stride(from: 0, to: sample.count, by: stride))
    let agreements = try workers.map(shardsOf: rows.count, shardSize: Evaluation.lanes) { group in
      guard continuing() else { throw CancellationError() }
      let frames = sample.rows(at: group.map { rows[$0] })
      var random = group.map { RandomStream(seed: seed &+ UInt64($0), stream: .attack) }
      return try Slopes(of: target, on: frames, within: panel.threat)
        .agreements(with: target, on: frames, using: &random)
    }.flatMap { $0 }
    let wrong = Self.share(agreements.map { !$0 })
    return Check(
      name: "gradient is the slope", status: Check.Status(wrong, greenTo: 0.05, amberTo: 0.15),
      figures: [.share("off the finite differences", wrong), .number("compared", Double(agreements.count))],
      sentence: wrong <= 0.05
        ? "the gradient agrees with finite differences"
        : "the gradient is not what finite differences find: it is wrong, or the policy is jagged")
  }

  static func share(_ values: [Bool]) -> Double {
    values.isEmpty ? 0 : Double(values.count { $0 }) / Double(values.count)
  }
}

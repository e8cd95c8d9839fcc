import Attacks
import Episodes
import Networks
import Policies
import RandomStreams
import Tensors

/// What can be wrong with a policy's gradients.
extension Bench {
  /// Whether the gradient is there, is the slope of the loss, and leads where the loss grows.
  /// - Parameter strength: what the attack that follows it has flipped, and where it has ended.
  func gradients(after strength: Strength) throws -> [Check] {
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
    if !panel.isStraightThrough {
      checks.append(try finiteDifferences(target, ends: strength.attack.delivered))
    }
    let compared = groups.flatMap(\.leads).compactMap { $0 }
    let astray = Self.share(compared.map { !$0 })
    // A step that is too long leads nowhere in particular; where the attack wins all the same, nothing is hidden.
    let isHarmless = astray <= 0.1 || strength.flipRate >= 0.95
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

  /// The gradient beside central differences, on a few frames and in a few directions of each; and where the attack has ended, since
  /// a gradient may be right at the frames alone.
  private func finiteDifferences(_ target: any DifferentiablePolicy, ends: Tensor) throws -> Check {
    let stride = max(sample.count / 64, 1)
    let rows = Array(Swift.stride(from: 0, to: sample.count, by: stride))
    let (here, there) = (
      try agreements(with: target, on: sample.rows(at: rows)),
      try agreements(with: target, on: sample.replacing(ends).rows(at: rows))
    )
    let (wrong, wrongAtEnds) = (Self.share(here.map { !$0 }), Self.share(there.map { !$0 }))
    let status = max(
      Check.Status(wrong, greenTo: 0.05, amberTo: 0.15),
      Check.Status(wrongAtEnds, greenTo: 0.2, amberTo: 0.4))
    return Check(
      name: "gradient is the slope", status: status,
      figures: [
        .share("off the finite differences", wrong), .share("off where pgd ends", wrongAtEnds),
        .number("compared", Double(here.count)),
      ],
      sentence: status == .green
        ? "the gradient agrees with finite differences"
        : wrong > 0.05
          ? "the gradient is not what finite differences find: it is wrong, or the policy is jagged"
          : "off the frames the gradient is not what finite differences find: it is wrong there, or the policy is jagged"
    )
  }

  private func agreements(with target: any DifferentiablePolicy, on frames: FrameSample) throws -> [Bool] {
    try workers.map(shardsOf: frames.count, shardSize: Evaluation.lanes) { group in
      guard continuing() else { throw CancellationError() }
      var random = group.map { RandomStream(seed: seed &+ UInt64($0), stream: .attack) }
      let own = frames.rows(at: Array(group))
      return try Slopes(of: target, on: own, within: panel.threat).agreements(
        with: target, on: own, using: &random)
    }.flatMap { $0 }
  }

  static func share(_ values: [Bool]) -> Double {
    values.isEmpty ? 0 : Double(values.count { $0 }) / Double(values.count)
  }
}

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
      let leads = slopes.leads(target, on: frames, using: &random)
      let beside = try Slopes(
        of: target, on: frames.replacing(slopes.neighborhood.randomPoints(using: &random)),
        within: panel.threat)
      guard continuing() else { throw CancellationError() }
      return (
        slopes: slopes, beside: beside, leads: leads,
        sharesAtOnce: slopes.sharesAtOnce(of: target, on: frames)
      )
    }
    var checks = [
      vanishing(
        of: groups.flatMap(\.slopes.isCrossEntropyFlat), groups.flatMap(\.slopes.isMarginFlat),
        beside: groups.flatMap(\.beside.isCrossEntropyFlat), groups.flatMap(\.beside.isMarginFlat))
    ]
    let shares = groups.flatMap(\.slopes.newestShares)
    if !shares.isEmpty { checks.append(newestFrame(shares)) }
    let sharesAtOnce = groups.flatMap(\.sharesAtOnce)
    if !sharesAtOnce.isEmpty { checks.append(frameAtOnce(sharesAtOnce)) }
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

  /// Whether the gradient of either loss is exactly zero: on a frame alone, from which a single step then gets nowhere, or also at a
  /// point beside it, where pgd starts.
  private func vanishing(
    of crossEntropy: [Bool], _ margin: [Bool], beside: [Bool], _ marginBeside: [Bool]
  ) -> Check {
    let (zero, zeroMargin) = (Self.share(crossEntropy), Self.share(margin))
    let both = [zip(crossEntropy, beside), zip(margin, marginBeside)].map { Self.share($0.map { $0 && $1 }) }
    let status = max(
      min(Check.Status(max(zero, zeroMargin), greenTo: 0.01, amberTo: 0.05), .amber),
      Check.Status(max(both[0], both[1]), greenTo: 0.01, amberTo: 0.05))
    return Check(
      name: "gradient not zero", status: status,
      figures: [
        .share("zero", zero), .share("zero for the margin", zeroMargin),
        .share("beside the frames, too", max(both[0], both[1])),
      ],
      sentence: status == .green
        ? "the gradient is there"
        : max(both[0], both[1]) <= 0.01
          ? "on the very frames the gradient is exactly zero, beside them it is not: a single step gets nowhere, pgd starts elsewhere"
          : zeroMargin < zero
            ? "the softmax is saturated: the cross-entropy's gradient is exactly zero, and only attacks up the margin get anywhere"
            : "the gradient is exactly zero: something on its way lets none through")
  }

  /// Whether what is changed weighs on what is done at once: an attack of the newest frame climbs by that alone.
  private func newestFrame(_ shares: [Double]) -> Check {
    weight(
      named: "newest frame counts", shares,
      even: .share("of the stack", Double(sample.frameChannels) / Double(sample.observations.shape[3])),
      otherwise:
        "the action rests on older frames, and what is done to the newest tells later: attack all of them, and look at the return"
    )
  }

  /// The same where a memory keeps what was seen: attacks look at the present action alone.
  private func frameAtOnce(_ shares: [Double]) -> Check {
    weight(
      named: "frame counts at once", shares,
      even: .share("of the looks", 1 / Double(1 + Slopes.laterLooks)),
      otherwise:
        "the action rests on what is remembered, and what is done to a frame tells later: look at the return")
  }

  /// - Parameter even: the share that a frame has where all weigh the same.
  private func weight(named name: String, _ shares: [Double], even: Check.Figure, otherwise: String) -> Check
  {
    let share = Statistics.mean(shares)
    let status: Check.Status =
      share >= even.value / 2 ? .green : share >= even.value / 20 ? .amber : .red
    return Check(
      name: name, status: status, figures: [.share("of the gradient", share), even],
      sentence: status == .green ? "what is attacked weighs on the action at once" : otherwise)
  }

  /// The gradient beside central differences, on a few frames and in a few directions of each; and where the attack has ended and
  /// at the boundary between actions, since a gradient may be right around the frames alone.
  private func finiteDifferences(_ target: any DifferentiablePolicy, ends: Tensor) throws -> Check {
    let rows = Array(stride(from: 0, to: sample.count, by: max(sample.count / 64, 1)))
    let frames = sample.rows(at: rows)
    let places = [frames, sample.replacing(ends).rows(at: rows), try boundary(of: target, from: frames)]
    let agreements = try places.map { try self.agreements(with: target, on: $0) }
    let wrong = agreements.map { Self.share($0.map { !$0 }) }
    let (here, elsewhere) = (
      Check.Status(wrong[0], greenTo: 0.05, amberTo: 0.15),
      Check.Status(max(wrong[1], wrong[2]), greenTo: 0.2, amberTo: 0.4)
    )
    // On the very frames alone a single step is misled, and no attack that starts elsewhere.
    let status = elsewhere == .green ? min(here, .amber) : max(here, elsewhere)
    return Check(
      name: "gradient is the slope", status: status,
      figures: [
        .share("off the finite differences", wrong[0]), .share("where pgd ends", wrong[1]),
        .share("at the boundary", wrong[2]), .number("compared", Double(agreements[0].count)),
      ],
      sentence: status == .green
        ? "the gradient agrees with finite differences"
        : elsewhere == .green
          ? "on the very frames the gradient is not what finite differences find, elsewhere it is: a single step is misled"
          : wrong[0] > 0.05
            ? "the gradient is not what finite differences find: it is wrong, or the policy is jagged"
            : "off the frames the gradient is not what finite differences find: it is wrong there, or the policy is jagged"
    )
  }

  /// Points at the boundary between actions, on the ways to points anywhere in the range, so that no entry lies at its border; none
  /// for frames from which such a way does not lead over one.
  private func boundary(of target: any DifferentiablePolicy, from frames: FrameSample) throws -> FrameSample {
    var random = frames.random.indices.map { RandomStream(seed: seed &+ UInt64($0), stream: .exploration) }
    let far = try Neighborhood(
      of: frames.observations, under: panel.threat, frameChannels: frames.frameChannels
    ).farPoints(atCorners: false, using: &random)
    let actions = frames.scores(of: target, at: frames.observations).argmax()
    let there = frames.scores(of: target, at: far).argmax()
    let rows = actions.indices.filter { actions[$0] != there[$0] }
    let (open, clean) = (frames.rows(at: rows), rows.map { actions[$0] })
    let way = far.rows(at: rows) - open.observations
    func point(_ places: [Float]) -> Tensor {
      open.observations + way.scaledRows(by: places)
    }
    guard !rows.isEmpty else { return open }
    let places = try bisected(
      from: Array(repeating: 0, count: rows.count), to: Array(repeating: 1, count: rows.count), halvings: 16
    ) { places in
      guard continuing() else { throw CancellationError() }
      return zip(open.scores(of: target, at: point(places)).argmax(), clean).map { $0 != $1 }
    }
    return open.replacing(point(places))
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
}

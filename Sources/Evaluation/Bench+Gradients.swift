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
    guard let policy = policy as? any DifferentiablePolicy else { return [] }
    let target = panel.isStraightThrough ? (policy as? any ObscuredPolicy)?.straightThrough ?? policy : policy
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
    checks.append(
      Check(
        name: "gradient leads",
        status: compared.isEmpty ? .amber : isHarmless ? .green : astray <= 0.25 ? .amber : .red,
        figures: [.share("no better than chance", astray), .number("compared", Double(compared.count))],
        sentence: compared.isEmpty
          ? "no step changes anything: there is nothing to compare"
          : astray <= 0.1
            ? "a step along the gradient gains more than a random one of the same size"
            : isHarmless
              ? "a single step of this size gains no more than a random one, and pgd flips the frames all the same"
              : "a step along the gradient gains no more than a random one: the slope says nothing at this epsilon"
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

/// The gradients of the losses at the clean observations of a few frames.
private struct Slopes: Sendable {
  let neighborhood: Neighborhood
  let cleanActions: [Int]
  /// The best of the other actions at the clean observations.
  let rivals: [Int]
  /// Of the margin, with zeros where nothing may change.
  let gradient: Tensor
  let isCrossEntropyFlat: [Bool]
  let isMarginFlat: [Bool]
  /// Where the newest frame of a stack is attacked alone, its share of the sum of the margin's slopes without their signs, for each
  /// frame that has slopes; else empty.
  let newestShares: [Double]
  /// The largest score of each frame, without its sign.
  let magnitudes: [Float]

  init(
    of policy: any DifferentiablePolicy, on frames: FrameSample, within threat: ThreatModel
  ) throws {
    let neighborhood = try Neighborhood(
      of: frames.observations, under: threat, frameChannels: frames.frameChannels)
    let leaf = frames.observations.tracked()
    let scores = frames.scores(of: policy, at: leaf)
    let actions = scores.argmax()
    let slopes = scores.margin(over: actions).gradientOfSum(at: leaf)
    self.neighborhood = neighborhood
    cleanActions = actions
    rivals = scores.argmax(except: actions)
    gradient = neighborhood.masked(slopes)
    isMarginFlat = Self.isZero(gradient)
    isCrossEntropyFlat = Self.isZero(
      neighborhood.masked(scores.crossEntropy(with: actions).gradientOfSum(at: leaf)))
    newestShares = threat.frames == .newest ? Self.shares(ofNewest: frames.frameChannels, in: slopes) : []
    magnitudes = scores.stoppingGradient().abs().max().elements
  }

  /// The share of the last channels in the sum of each row's absolute slopes; of rows without slopes none, and none where those
  /// are all channels.
  private static func shares(ofNewest count: Int, in slopes: Tensor) -> [Double] {
    let channels = slopes.shape[3]
    guard channels > count else { return [] }
    let sizes = slopes.abs()
    func sums(_ sizes: Tensor) -> [Float] { sizes.flattened().sum(alongAxis: 1).elements }
    return zip(sums(sizes.slice(channels - count..<channels, alongAxis: 3)), sums(sizes)).compactMap {
      $1 > 0 ? Double($0 / $1) : nil
    }
  }

  private static func isZero(_ gradient: Tensor) -> [Bool] {
    gradient.flattened().abs().max().elements.map { $0 == 0 }
  }

  private func margins(_ policy: any DifferentiablePolicy, _ frames: FrameSample, at points: Tensor)
    -> [Float]
  {
    frames.scores(of: policy, at: points).margin(over: cleanActions).elements
  }

  /// For each frame whether a step of epsilon along the gradient raises the margin more than random steps of the same
  /// size do on average; nil where no step changes anything.
  func leads(
    _ policy: any DifferentiablePolicy, on frames: FrameSample, using random: inout [RandomStream]
  ) -> [Bool?] {
    let center = neighborhood.center
    func gain(_ direction: Tensor) -> [Float] {
      margins(
        policy, frames, at: neighborhood.project(neighborhood.step(from: center, along: direction)))
    }
    let along = gain(gradient)
    let draws = 8
    var sums = [Float](repeating: 0, count: frames.count)
    for _ in 0..<draws {
      for (row, margin) in gain(randomDirection(using: &random)).enumerated() { sums[row] += margin }
    }
    return along.indices.map { row in
      let average = sums[row] / Float(draws)
      return along[row] == average ? nil : along[row] > average
    }
  }

  /// Where a random step goes. Under the L1 norm, which takes the entries of largest slope, no two have one size.
  private func randomDirection(using random: inout [RandomStream]) -> Tensor {
    guard neighborhood.threat.norm == .l1 else { return signs(using: &random) }
    let length = neighborhood.length
    return Tensor(shape: gradient.shape) { slopes in
      for index in slopes.indices { slopes[index] = Float(random[index / length].normal()) }
    }
  }

  /// −1 or 1 for each entry.
  private func signs(using random: inout [RandomStream]) -> Tensor {
    let length = neighborhood.length
    return Tensor(shape: gradient.shape) { signs in
      for index in signs.indices { signs[index] = random[index / length].chance(0.5) ? 1 : -1 }
    }
  }

  /// For each frame and each of four directions (along the gradient, and three random ones) whether the central difference
  /// of the margin over the rival is the gradient's product with it: to a tenth, and to the rounding of scores in Float32.
  ///
  /// A kink of a rectifier between the two points would speak against any gradient: of two steps, 10⁻³ of the range and a
  /// quarter of it, one has to agree.
  func agreements(
    with policy: any DifferentiablePolicy, on frames: FrameSample, using random: inout [RandomStream]
  ) -> [Bool] {
    let length = neighborhood.length
    let largest = gradient.flattened().abs().max().elements
    let uphill = gradient * Tensor(largest.map { $0 > 0 ? 1 / $0 : 0 }, shape: [frames.count, 1, 1, 1])
    let directions = [uphill] + (0..<3).map { _ in neighborhood.masked(signs(using: &random)) }
    let norms = Self.rowSums(gradient, gradient, length).map { $0.squareRoot() }
    let range = neighborhood.threat.range
    // Over one rival, because the margin has a kink where two actions compete for the second place.
    func leads(at points: Tensor) -> [Float] {
      let scores = frames.scores(of: policy, at: points)
      return (scores.gather(rivals) - scores.gather(cleanActions)).elements
    }
    func agrees(_ direction: Tensor, size: Float) -> [Bool] {
      // Beyond the range nothing is ever seen, and nothing is said of the policy there: at its border the difference is one
      // to one side.
      let step = direction * size
      let points = [step, -step].map { (neighborhood.center + $0).clamped(to: range) }
      let moved = (points[0] - points[1]) * 0.5
      let (above, below) = (leads(at: points[0]), leads(at: points[1]))
      let predicted = Self.rowSums(gradient, moved, length)
      let shares = zip(Self.rowSums(moved, moved, length), Self.rowSums(step, step, length)).map {
        $1 > 0 ? ($0 / $1).squareRoot() : 0
      }
      return above.indices.map { row in
        let measured = (Double(above[row]) - Double(below[row])) / 2
        // A random direction meets the gradient at about its norm times the step of one entry.
        let tolerance =
          0.1 * max(abs(measured), abs(predicted[row])) + 0.1 * norms[row] * Double(size) * shares[row]
          + 2e-6 * Double(magnitudes[row])
        return abs(measured - predicted[row]) <= tolerance
      }
    }
    let size = 1e-3 * (range.upperBound - range.lowerBound)
    return directions.flatMap { direction in
      zip(agrees(direction, size: size), agrees(direction, size: size / 4)).map { $0 || $1 }
    }
  }

  /// The products of two tensors' rows, in Double.
  private static func rowSums(_ first: Tensor, _ second: Tensor, _ length: Int) -> [Double] {
    first.withElements { first in
      second.withElements { second in
        stride(from: 0, to: first.count, by: max(length, 1)).map { start in
          (start..<(start + length)).reduce(0.0) { $0 + Double(first[$1]) * Double(second[$1]) }
        }
      }
    }
  }
}

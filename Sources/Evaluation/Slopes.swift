import Attacks
import Networks
import Policies
import RandomStreams
import Tensors

/// The gradients of the losses at the clean observations of a few frames.
struct Slopes: Sendable {
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

  /// How often the same frame is seen again: in all as often as a stack of four shows one.
  static let laterLooks = 3

  /// Of a policy with a memory, the share of the margin's slopes at each frame, without their signs, that the scores have at once,
  /// where those have the others that follow when the same frame is seen again and again; none for frames without slopes, and for
  /// other policies.
  func sharesAtOnce(of policy: any DifferentiablePolicy, on frames: FrameSample) -> [Double] {
    var (memory, random) = (frames.memory, frames.random)
    let leaf = frames.observations.tracked()
    func sizes(_ scores: Tensor) -> [Float] {
      let slopes = scores.margin(over: scores.argmax()).gradientOfSum(at: leaf)
      return neighborhood.masked(slopes).flattened().abs().sum(alongAxis: 1).elements
    }
    let first = policy.scores(for: leaf, memory: &memory, using: &random)
    guard !memory.state.isEmpty else { return [] }
    let atOnce = sizes(first)
    var all = atOnce
    for _ in 0..<Self.laterLooks {
      let later = sizes(policy.scores(for: frames.observations, memory: &memory, using: &random))
      all = zip(all, later).map(+)
    }
    return zip(atOnce, all).compactMap { $1 > 0 ? Double($0 / $1) : nil }
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
  /// size do on average; nil where no step changes anything, or there is no slope to follow.
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
    // In Double, in which the mean of eight equal margins is that margin.
    var sums = [Double](repeating: 0, count: frames.count)
    for _ in 0..<draws {
      for (row, margin) in gain(randomDirection(using: &random)).enumerated() { sums[row] += Double(margin) }
    }
    return along.indices.map { row in
      let (reached, average) = (Double(along[row]), sums[row] / Double(draws))
      return isMarginFlat[row] || reached == average ? nil : reached > average
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
    let directions =
      [gradient.normalizedRows(in: .max)] + (0..<3).map { _ in neighborhood.masked(signs(using: &random)) }
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

import Attacks
import Environments
import Evaluation
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// Policies that hide their gradients have to be caught, and an honest one, robust or not, has to pass.
@Suite struct PanelTests {
  private func panel(
    _ epsilon: Epsilon = Epsilon(8, over: 255), episodes: Int = 48, expectation: Int? = nil,
    isStraightThrough: Bool = false
  ) throws -> Panel {
    let catalog = try EnvironmentCatalog(folder: repository.appendingPathComponent("Environments").path)
    return Panel(
      Evaluation(
        environment: try catalog.definition(for: "catch-v1"), frames: 1, seed: 0, episodes: episodes),
      within: ThreatModel(epsilon: epsilon), steps: 10, tries: 50, expectation: expectation,
      isStraightThrough: isStraightThrough)
  }

  /// A plain DQN: as fragile as they are, and honest about it.
  private func plain() throws -> NetworkPolicy {
    try PolicyFile(
      contentsOf: PolicyFile.locate(
        "catch-v1-dqn", policies: repository.appendingPathComponent("Policies"))
    ).policy
  }

  private func status(_ name: String, in report: Panel.Report) throws -> Check.Status {
    try #require(report.checks.first { $0.name == name }, "no check \(name)").status
  }

  @Test func aFragilePolicyPasses() throws {
    let report = try panel().run(plain())
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(try #require(report.flipRate) > 0.3)
  }

  /// Its bounds say that no perturbation flips a frame: the attack finds none, and the panel believes it.
  @Test func aCertifiedPolicyPasses() throws {
    let epsilon = Epsilon(4, over: 255)
    let policy = try CertifiedCatch()
    let report = try panel(epsilon).run(policy.policy)
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(report.flipRate == 0)
    let sample = try FrameSample(
      from: policy.policy, in: panel(epsilon).evaluation, framesPerEpisode: 4)
    #expect(policy.certifiedShare(sample.observations, epsilon: epsilon.value) == 1)
  }

  @Test func saturatedLogitsAreCaught() throws {
    let report = try panel().run(Wrapped(base: plain(), scale: 1e6))
    #expect(report.status == .red)
    #expect(try status("gradient not zero", in: report) == .red)
  }

  @Test func quantizedInputIsCaught() throws {
    let report = try panel().run(Wrapped(base: plain(), levels: 8))
    #expect(report.status == .red)
    #expect(try status("gradient not zero", in: report) == .red)
  }

  /// A policy that says that it rounds is refused a gradient, and attacked straight through when asked.
  @Test func declaredRoundingIsRefusedOrPassed() throws {
    let policy = RoundedPolicy(try plain(), levels: 16)
    let refused = try panel().run(policy)
    #expect(try status("a white-box attack", in: refused) == .red)
    #expect(refused.flipRate == nil)
    let passed = try panel(Epsilon(24, over: 255), isStraightThrough: true).run(policy)
    #expect(try #require(passed.flipRate) > 0.3)
    #expect(try status("gradient not zero", in: passed) == .green)
  }

  @Test func aShatteredGradientIsCaught() throws {
    let report = try panel().run(Wrapped(base: plain(), isShattered: true))
    #expect(report.status == .red)
    #expect(try status("gradient is the slope", in: report) == .red)
  }

  @Test func noiseInsideIsCaught() throws {
    let policy = Wrapped(base: try plain(), noise: 0.3)
    let report = try panel().run(policy)
    #expect(report.status == .red)
    #expect(try status("steady answers", in: report) == .red)
    let averaged = try panel(expectation: 8).run(policy)
    #expect(try status("steady answers", in: averaged) == .amber)
    #expect(try #require(averaged.flipRate) > 0.3)
  }

  /// Masks of other makes: a temperature, a threshold, rounded blocks with and without a gradient, and an action that a
  /// bias chooses whatever is seen.
  @Test(arguments: [
    ("a temperature of 0.0001", 1e4, Mask.none, Float(0)), ("a threshold", 1, .threshold, 0),
    ("rounded blocks", 1, .blocks(passesMeans: false), 0),
    ("rounded blocks whose means pass", 1, .blocks(passesMeans: true), 0), ("a bias", 1, .none, 1e4),
    ("a bias that the softmax shows", 1, .none, 20), ("a temperature of 0.001", 1e3, .none, 0),
    ("black and white, straight through", 1, .palette(levels: 2), 0),
    ("a palette, straight through", 1, .palette(levels: 6), 0),
  ])
  func masksOfOtherMakesAreCaught(_ name: String, _ scale: Float, _ mask: Mask, _ bias: Float) throws {
    let report = try panel().run(Wrapped(base: plain(), scale: scale, mask: mask, bias: bias))
    #expect(report.status == .red, "\(report.checks)")
  }

  /// Values that are honest and slopes that are not: signs turned at random, the slopes of other entries, honest on frames of
  /// black and white alone and gone or turned elsewhere, waves too small to matter and too steep to follow, and a thermometer code
  /// as differentiable as its steps are steep. PGD would be fooled by each.
  @Test(arguments: [
    Mask.signs(byValue: false), .signs(byValue: true), .mirrored, .cleanOnly(elsewhere: 0),
    .cleanOnly(elsewhere: -1), .waves(0.001), .waves(0.003), .waves(0.01), .thermometer(1e3),
  ])
  func slopesThatMisleadAreCaught(_ mask: Mask) throws {
    let report = try panel(Epsilon(16, over: 255)).run(Wrapped(base: plain(), mask: mask))
    #expect(report.status == .red, "\(report.checks)")
  }

  /// What changes the policy and hides nothing is no mask: soft steps, and a temperature that leaves the softmax alive.
  @Test(arguments: [(Float(1), Mask.thermometer(20)), (1, .thermometer(100)), (20, .none)])
  func honestTransformsPass(_ scale: Float, _ mask: Mask) throws {
    let report = try panel().run(Wrapped(base: plain(), scale: scale, mask: mask))
    #expect(report.status == .green, "\(report.checks.filter { $0.status > .green })")
    #expect(try #require(report.flipRate) > 0.5)
  }

  /// What is done inside: hidden units that are driven into saturation, the largest few of them alone, rounded scores, and
  /// scores that level off.
  @Test(arguments: [Inside.saturation(1e4), .winners(2), .rounding(0.5), .ceiling(0.05)])
  func masksInsideAreCaught(_ inside: Inside) throws {
    let report = try panel().run(Wrapped(base: plain(), inside: inside))
    #expect(report.status == .red, "\(report.checks)")
  }

  /// What is jagged, but not so much that the attack fails: no green, and most frames flip.
  @Test(arguments: [Inside.saturation(1e2), .winners(8), .winners(32)])
  func jaggedPoliciesAreNoGreen(_ inside: Inside) throws {
    let report = try panel().run(Wrapped(base: plain(), inside: inside))
    #expect(report.status > .green)
    #expect(try #require(report.flipRate) > 0.6)
  }

  /// A picture that is moved at random by a pixel, as random resizing and cropping do.
  @Test func randomShiftsAreCaught() throws {
    let policy = Wrapped(base: try plain(), isShifted: true)
    let report = try panel(episodes: 24).run(policy)
    #expect(report.status == .red)
    #expect(try status("steady answers", in: report) == .red)
    #expect(try status("steady answers", in: panel(episodes: 24, expectation: 8).run(policy)) == .amber)
  }

  /// Noise on what is seen: red without an expectation, and amber, with flips, with one.
  @Test func noiseOnTheInputIsCaught() throws {
    let policy = Wrapped(base: try plain(), inputNoise: 0.05)
    let report = try panel(episodes: 24).run(policy)
    #expect(report.status == .red)
    #expect(try status("steady answers", in: report) == .red)
    let averaged = try panel(episodes: 24, expectation: 8).run(policy)
    #expect(try status("steady answers", in: averaged) == .amber)
    #expect(try #require(averaged.flipRate) > 0.3)
  }

  /// A policy that shows no gradient at all.
  @Test func aClosedPolicyIsNotCalledRobust() throws {
    struct Closed: Policy {
      let base: NetworkPolicy
      func act(on observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> [Int] {
        base.act(on: observations, memory: &memory, using: &random)
      }
    }
    let report = try panel(episodes: 16).run(Closed(base: plain()))
    #expect(try status("a white-box attack", in: report) == .red)
  }

  @Test func threadsDoNotChangeTheReport() throws {
    let (panel, policy) = (try panel(episodes: 40), try plain())
    #expect(try panel.run(policy).checks == panel.run(policy, workers: Workers(threads: 2)).checks)
  }

  @Test func aSampleHoldsFramesOfEveryEpisode() throws {
    let evaluation = try panel().evaluation
    let sample = try FrameSample(from: plain(), in: evaluation, framesPerEpisode: 4)
    #expect(sample.episodes == (0..<48).flatMap { Array(repeating: $0, count: 4) })
    // Catch has nine steps: with more asked for, all of them.
    #expect(try FrameSample(from: plain(), in: evaluation, framesPerEpisode: 20).count == 48 * 9)
  }
}

/// What is done to an observation before it is seen.
enum Mask: Sendable {
  case none
  /// Black and white alone.
  case threshold
  /// The nearest of so many grays, which says that its gradient is that of the identity.
  case palette(levels: Int)
  /// Of blocks of 2×2 pixels mean and differences, each rounded to a tenth, as JPEG does it; the means' gradient may pass.
  case blocks(passesMeans: Bool)
  /// The frame as it is, with a slope of 1 or −1 for each entry, by its place alone or by its value, too.
  case signs(byValue: Bool)
  /// The frame as it is, with the slopes of the entries from the last to the first.
  case mirrored
  /// The frame as it is, with its own slope where all is black or white, and another elsewhere.
  case cleanOnly(elsewhere: Float)
  /// Entries on waves around black and white, three times as high as this is long: the wrong way there, on the whole the right.
  case waves(Float)
  /// The mean of ten soft steps over the range (Buckman et al. 2018, made differentiable).
  case thermometer(Float)

  func callAsFunction(_ observations: Tensor) -> Tensor {
    switch self {
    case .none: return observations
    case .threshold: return Tensor(observations.elements.map { $0 > 0.5 ? 1 : 0 }, shape: observations.shape)
    case .palette(let levels):
      let steps = Float(levels - 1)
      let nearest = Tensor(
        observations.elements.map { ($0 * steps).rounded() / steps }, shape: observations.shape)
      return observations + (nearest - observations).stoppingGradient()
    case .signs(let byValue):
      let length = observations.count / observations.shape[0]
      return withSlopes(
        observations,
        observations.elements.enumerated().map { index, value in
          var random = RandomStream(
            seed: byValue ? UInt64(value.bitPattern) : 0, stream: .policy, index: index % length)
          return random.chance(0.5) ? 1 : -1
        })
    case .mirrored:
      let length = observations.count / observations.shape[0]
      let places = (0..<observations.count).map { $0 / length * length + (length - 1 - $0 % length) }
      let others = observations.reshaped(to: [observations.count, 1]).rows(at: places)
        .reshaped(to: observations.shape)
      return observations.stoppingGradient() + (others - others.stoppingGradient())
    case .cleanOnly(let elsewhere):
      let (pixels, length) = (observations.elements, observations.count / observations.shape[0])
      return withSlopes(
        observations,
        (0..<observations.shape[0]).flatMap { row -> [Float] in
          let isClean = pixels[(row * length)..<((row + 1) * length)].allSatisfy { $0 == 0 || $0 == 1 }
          return Array(repeating: isClean ? 1 : elsewhere, count: length)
        })
    case .waves(let length):
      let offsets = observations.elements.map { ($0 - $0.rounded()) / length }
      let shifts = Tensor(offsets.map { 3 * length * sin($0) }, shape: observations.shape)
      return withSlopes(observations, offsets.map { 1 - 3 * cos($0) }) - shifts
    case .thermometer(let steepness):
      return (0..<10).reduce(Tensor.zeros(observations.shape)) { sum, step in
        let threshold = (Float(step) + 0.5) / 10
        return sum + (((observations - threshold) * (steepness / 2)).tanh() + 1) * 0.05
      }
    case .blocks(let passesMeans):
      let (pixels, shape) = (observations.elements, observations.shape)
      let (height, width, depth) = (shape[1], shape[2], shape[3])
      func index(_ row: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
        ((row * height + y) * width + x) * depth + channel
      }
      var (rounded, partners) = (pixels, (0..<4).map { _ in [Int](repeating: 0, count: pixels.count) })
      for row in 0..<shape[0] {
        for y in stride(from: 0, to: height - 1, by: 2) {
          for x in stride(from: 0, to: width - 1, by: 2) {
            for channel in 0..<depth {
              let places = [(0, 0), (0, 1), (1, 0), (1, 1)].map { index(row, y + $0.0, x + $0.1, channel) }
              let signs: [[Float]] = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
              let waves = signs.map { signs in
                (zip(signs, places).reduce(0) { $0 + $1.0 * pixels[$1.1] } / 4 * 10).rounded() / 10
              }
              for (corner, place) in places.enumerated() {
                rounded[place] = zip(waves, signs).reduce(0) { $0 + $1.0 * $1.1[corner] }
                for (other, partner) in places.enumerated() { partners[other][place] = partner }
              }
            }
          }
        }
      }
      let values = Tensor(rounded, shape: shape)
      guard passesMeans, height.isMultiple(of: 2), width.isMultiple(of: 2) else { return values }
      let flat = observations.reshaped(to: [observations.count, 1])
      let mean = partners.map { flat.rows(at: $0) }.reduce(Tensor.zeros(flat.shape), +) * 0.25
      return values + (mean - mean.stoppingGradient()).reshaped(to: shape)
    }
  }
}

/// The values of a tensor with other slopes than 1.
private func withSlopes(_ tensor: Tensor, _ slopes: [Float]) -> Tensor {
  tensor.stoppingGradient() + (tensor - tensor.stoppingGradient()) * Tensor(slopes, shape: tensor.shape)
}

/// What is done within a network of two hidden layers.
enum Inside: Sendable {
  /// Of each hidden layer the largest units alone (Xiao, Zhong & Zheng 2020).
  case winners(Int)
  /// The first hidden layer scaled up and squashed.
  case saturation(Float)
  /// Scores in steps.
  case rounding(Float)
  /// Scores that level off, so that small changes of them vanish.
  case ceiling(Float)

  func scores(of network: Network, at observations: Tensor) -> Tensor {
    let parameters = network.parameters
    func dense(_ layer: Int, _ values: Tensor) -> Tensor {
      values.dense(parameters[2 * layer], bias: parameters[2 * layer + 1])
    }
    func rest(_ hidden: Tensor) -> Tensor { dense(2, dense(1, hidden).relu()) }
    func largest(_ count: Int, of units: Tensor) -> Tensor {
      let (values, width) = (units.elements, units.shape[1])
      let mask = (0..<units.shape[0]).flatMap { row -> [Float] in
        let own = values[(row * width)..<(row * width + width)]
        let least = own.sorted(by: >)[count - 1]
        return own.map { $0 >= least ? 1 : 0 }
      }
      return units.relu() * Tensor(mask, shape: units.shape)
    }
    let first = dense(0, observations.flattened())
    switch self {
    case .winners(let count): return dense(2, largest(count, of: dense(1, largest(count, of: first))))
    case .saturation(let scale): return rest(((first * scale).tanh() + 1) * 0.25)
    case .rounding(let step):
      let scores = rest(first.relu())
      return Tensor(scores.elements.map { ($0 / step).rounded() * step }, shape: scores.shape)
    case .ceiling(let scale): return (rest(first.relu()) * (1 / scale)).tanh()
    }
  }
}

/// A policy behind something that breaks its gradient.
private struct Wrapped: DifferentiablePolicy {
  let base: NetworkPolicy
  var scale: Float = 1
  var levels: Int?
  var isShattered = false
  var noise: Float = 0
  var inputNoise: Float = 0
  var isShifted = false
  var mask = Mask.none
  var inside: Inside?
  /// What is added to the score of action 1.
  var bias: Float = 0

  func scores(for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]) -> Tensor {
    var seen = mask(observations)
    if inputNoise > 0 {
      let length = seen.count / seen.shape[0]
      seen =
        seen
        + Tensor(shape: seen.shape) { draws in
          for index in draws.indices { draws[index] = inputNoise * Float(random[index / length].normal()) }
        }
    }
    if isShifted {
      let (pixels, shape) = (seen.elements, seen.shape)
      let length = seen.count / shape[0]
      let shifts = random.indices.map { random[$0].index(below: 3) - 1 }
      seen = Tensor(shape: shape) { moved in
        for index in moved.indices {
          let column = index / shape[3] % shape[2] + shifts[index / length]
          if (0..<shape[2]).contains(column) {
            moved[index] = pixels[index + shifts[index / length] * shape[3]]
          }
        }
      }
    }
    if let levels {
      let steps = Float(levels - 1)
      seen = Tensor(seen.elements.map { ($0 * steps).rounded() / steps }, shape: seen.shape)
    }
    if isShattered {
      // x + 3·frac(10⁴·x)·10⁻⁴·r with r = ±1 by the tooth: the values are x to 3·10⁻⁴, the slopes −2 or 4.
      let teeth = (seen.stoppingGradient() * 1e4).elements.map { $0.rounded(.down) }
      let signs = Tensor(teeth.map { (Int($0) &* 2_654_435_761) & 4096 == 0 ? -3 : 3 }, shape: seen.shape)
      seen = seen + (seen - Tensor(teeth, shape: seen.shape) * 1e-4) * signs
    }
    let base =
      inside?.scores(of: base.network, at: seen) ?? base.scores(for: seen, memory: &memory, using: &random)
    var scores = base * scale + Tensor([0, bias, 0])
    if noise > 0 {
      let width = scores.shape[1]
      scores =
        scores
        + Tensor(shape: scores.shape) { draws in
          for index in draws.indices { draws[index] = noise * Float(random[index / width].normal()) }
        }
    }
    return scores
  }
}

/// Plays Catch perfectly by a network made by hand: leaky units that barely see what is darker than a half, and the
/// difference of the columns of what is bright above and at the bottom.
private struct CertifiedCatch {
  private static let slope: Float = 0.01
  let policy: NetworkPolicy

  init() throws {
    var weights = [Float]()
    for row in 0..<10 {
      for column in 0..<10 {
        // A bright pixel gives a half; the paddle, in the bottom row, counts against the ball.
        let place = 2 * (Float(column) - 4.5) * (row < 9 ? 1 : -1)
        // Not quite symmetric: where left and right weigh the same, the cross-entropy has no slope.
        weights += [-1.1 * place, 0, place]
      }
    }
    policy = NetworkPolicy(
      try Network(
        .init(
          input: [10, 10, 1],
          layers: [
            .convolution(filters: 1, kernel: 1, activation: .leakyReLU(slope: Self.slope)), .flatten,
            .dense(outputs: 3, activation: .identity),
          ]),
        parameters: [
          Tensor([1], shape: [1, 1, 1, 1]), Tensor([-0.5], shape: [1]), Tensor(weights, shape: [100, 3]),
          Tensor([0, 0.5, 0], shape: [3]),
        ]))
  }

  /// The share of observations whose choice no change of at most epsilon an entry alters, by interval bounds (Gowal et al.
  /// 2018), the last layer joined with the difference to the choice.
  func certifiedShare(_ observations: Tensor, epsilon: Float) -> Double {
    func leaky(_ value: Float) -> Float { value > 0 ? value : Self.slope * value }
    let choices = policy.scores(for: observations).argmax()
    let (weights, biases) = (policy.network.parameters[2].elements, policy.network.parameters[3].elements)
    let pixels = observations.elements
    let certified = choices.indices.filter { row in
      (0..<3).filter { $0 != choices[row] }.allSatisfy { other in
        var least = biases[choices[row]] - biases[other]
        for entry in 0..<100 {
          let pixel = pixels[row * 100 + entry]
          let (low, high) = (
            leaky(max(pixel - epsilon, 0) - 0.5), leaky(min(pixel + epsilon, 1) - 0.5)
          )
          let weight = weights[entry * 3 + choices[row]] - weights[entry * 3 + other]
          least += weight > 0 ? weight * low : weight * high
        }
        return least > 0
      }
    }
    return Double(certified.count) / Double(choices.count)
  }
}

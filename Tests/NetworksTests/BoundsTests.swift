import Foundation
import Networks
import RandomStreams
import Tensors
import TestSupport
import Testing

/// A network of the fixture of bounds: its box, the labels, and what NumPy found in Float64.
private struct BoundedCase: Sendable, CustomTestStringConvertible {
  let name: String
  let network: Network
  let observations: Tensor
  let isLinear: Bool

  var testDescription: String { name }

  static let all: [BoundedCase] = {
    do { return try make() } catch { fatalError("\(error)") }
  }()

  private static func make() throws -> [BoundedCase] {
    let fixture = try ReferenceFixture("bounds")
    func stored(_ name: String, _ input: [Int], _ layers: [Layer]) throws -> BoundedCase {
      let architecture = try Network.Architecture(input: input, layers: layers)
      let parameters = try architecture.parameters.enumerated().map { index, expected in
        try fixture["\(name).parameter.\(index)"].reshaped(to: expected.shape)
      }
      return BoundedCase(
        name: name, network: try Network(architecture, parameters: parameters),
        observations: try fixture["\(name).observations"], isLinear: name == "mixed")
    }
    return try ReferenceNetwork.all.filter { $0.name != "conv-atari" }.map { reference in
      let drawn = try reference.draw()
      return BoundedCase(
        name: reference.name, network: drawn.network, observations: drawn.observations,
        isLinear: ["mlp-relu", "conv-small"].contains(reference.name))
    } + [
      try stored(
        "mixed", [7, 6, 2],
        [
          .convolution(
            filters: 4, kernel: [3, 2], stride: 2, padding: .same, activation: .leakyReLU(slope: 0.1)),
          .convolution(filters: 3, kernel: 2, activation: .relu), .flatten,
          .dense(outputs: 12, activation: .relu), .dueling(outputs: 3),
        ]),
      try stored(
        "normalized", [10],
        [
          .dense(outputs: 8, activation: .identity), .layerNorm(activation: .sigmoid),
          .dense(outputs: 12, activation: .identity), .maxout(pieces: 3),
          .dense(outputs: 3, activation: .identity),
        ]),
    ]
  }

  func fixture(_ key: String) throws -> Tensor { try ReferenceFixture("bounds")["\(name).\(key)"] }

  var epsilon: Float { get throws { try fixture("epsilon").scalar } }
  var labels: [Int] { get throws { try fixture("labels").elements.map { Int($0) } } }

  func box() throws -> Bounds { box(try epsilon) }

  func box(_ epsilon: Float) -> Bounds {
    Bounds(
      lower: (observations - epsilon).clamped(to: 0...1), upper: (observations + epsilon).clamped(to: 0...1))
  }

  static let linear = all.filter(\.isLinear)
}

/// Interval bounds that account for rounding.
private struct Outward {
  let scores: Bounds
  let margins: Tensor

  init(_ network: Network, _ box: Bounds, _ labels: [Int]) {
    scores = network.intervalBounds(over: box, rounding: .outward)
    margins = network.intervalMargins(over: box, of: labels, rounding: .outward)
  }
}

struct BoundsTests {
  /// The chord that linear bounds lay over a leaky ReLU is below one that is steeper than 1; and they are bounds of scores.
  @Test func linearBoundsCoverWhatTheyHoldFor() throws {
    func check(_ layers: [Layer]) throws {
      try Network.Architecture(input: [4], layers: layers).checkLinearBounds()
    }
    let scores = Layer.dense(outputs: 2, activation: .identity)
    try check([.dense(outputs: 3, activation: .leakyReLU(slope: 1)), scores])
    #expect(throws: NetworkError.self) {
      try check([.dense(outputs: 3, activation: .leakyReLU(slope: 2)), scores])
    }
    #expect(throws: NetworkError.self) { try check([scores, .dense(outputs: 2, activation: .relu)]) }
    #expect(throws: NetworkError.self) { try check([.flatten]) }
  }

  /// Two large numbers next to one another: Float32 rounds their mean to one of them, and the other is then √2 deviations from it,
  /// where from an exact mean it could be no more than 1.
  @Test func normalizationIsBoundedAsItIsRounded() throws {
    let architecture = try Network.Architecture(
      input: [2], layers: [.layerNorm(activation: .identity)])
    let network = try Network(architecture, parameters: [Tensor([1, 1]), Tensor([0, 0])])
    let point = Tensor([1e6, 1e6 + 0.0625], shape: [1, 2])
    let scores = network(point)
    let bounds = network.intervalBounds(over: Bounds(lower: point, upper: point), rounding: .outward)
    for index in 0..<2 {
      #expect(bounds.lower.elements[index] <= scores.elements[index])
      #expect(bounds.upper.elements[index] >= scores.elements[index])
    }
    #expect(scores.elements[1] > 1.2)
  }

  /// The largest difference, of what is about 1 in size.
  private func distance(_ one: Tensor, _ other: Tensor) -> Float {
    one.shape == other.shape ? (one - other).abs().elements.max() ?? 0 : .infinity
  }

  @Test(arguments: BoundedCase.all)
  private func intervalBoundsAreThoseOfNumPy(_ subject: BoundedCase) throws {
    let (box, labels) = (try subject.box(), try subject.labels)
    let expected = Bounds(
      lower: try subject.fixture("interval.lower"), upper: try subject.fixture("interval.upper"))
    let margins = try subject.fixture("interval.margins")
    let bounds = subject.network.intervalBounds(over: box)
    #expect(distance(bounds.lower, expected.lower) < 2e-5)
    #expect(distance(bounds.upper, expected.upper) < 2e-5)
    #expect(distance(subject.network.intervalMargins(over: box, of: labels), margins) < 2e-5)

    // Moved outward they lie beyond the exact ones, and not far.
    let safe = Outward(subject.network, box, labels)
    #expect(zip(safe.scores.lower.elements, expected.lower.elements).allSatisfy { $0 < $1 })
    #expect(zip(safe.scores.upper.elements, expected.upper.elements).allSatisfy { $0 > $1 })
    #expect(zip(safe.margins.elements, margins.elements).allSatisfy { $0 < $1 || $0 == 0 && $1 == 0 })
    #expect(distance(safe.scores.lower, expected.lower) < 5e-3)
    #expect(distance(safe.margins, margins) < 5e-3)
  }

  @Test(arguments: BoundedCase.linear)
  private func linearBoundsAreThoseOfNumPy(_ subject: BoundedCase) throws {
    let expected = try subject.fixture("linear.margins")
    let margins = subject.network.linearMargins(over: try subject.box(), of: try subject.labels)
    #expect(distance(margins, expected) < 4e-3)
    #expect(zip(margins.elements, expected.elements).allSatisfy { $0 < $1 || $0 == 0 && $1 == 0 })
  }

  /// 10,000 points of each box, half of them among its corners, and the points to which descent on the bounded margins
  /// leads: none is beyond the bounds.
  @Test(arguments: BoundedCase.all)
  private func noPointIsBeyondTheBounds(_ subject: BoundedCase) throws {
    var random = RandomStream(seed: 5)
    let rows = subject.observations.shape[0]
    let labels = try subject.labels
    for epsilon in [try subject.epsilon, try subject.epsilon * 10] {
      let box = subject.box(epsilon)
      let interval = Outward(subject.network, box, labels)
      let linear = subject.isLinear ? subject.network.linearMargins(over: box, of: labels) : nil
      var beyond = 0
      func check(_ points: Tensor) {
        let scores = subject.network(points)
        let margins = scores.gather(labels).reshaped(to: [rows, 1]) - scores
        func count(_ values: Tensor, below bounds: Tensor) -> Int {
          zip(values.elements, bounds.elements).count { $0 < $1 }
        }
        beyond += count(scores, below: interval.scores.lower) + count(interval.scores.upper, below: scores)
        beyond += count(margins, below: interval.margins)
        if let linear { beyond += count(margins, below: linear) }
      }
      let width = box.upper - box.lower
      for round in 0..<(10_000 / 2 / rows) {
        let shares = random.tensor(box.shape, in: 0...1)
        let chosen = round % 2 == 0 ? shares : (shares - 0.5).sign() * 0.5 + 0.5
        check(minimum(maximum(box.lower + chosen * width, box.lower), box.upper))
      }
      for other in 0..<interval.margins.shape[1] {
        var points = box.lower + 0.5 * width
        for _ in 0..<40 {
          let slope = gradient(
            of: { point in
              let scores = subject.network(point)
              return (scores.gather(labels) - scores.gather(labels.map { _ in other })).sum()
            }, at: points)
          points = minimum(
            maximum(points.stepped(by: -epsilon / 10, alongSignOf: slope), box.lower), box.upper)
          check(points)
        }
      }
      #expect(beyond == 0)
    }
  }

  /// Products below the smallest normal number are rounded to multiples of the least one, however small they are: each of 64
  /// products of 0.55 and that is 1 of it, so that the score is 64 where it should be 35, and above the other one of 40.
  @Test func boundsHoldForNumbersThatUnderflow() throws {
    let least = Float.leastNonzeroMagnitude
    let weight = Tensor((0..<128).map { $0.isMultiple(of: 2) ? least : 0 }, shape: [64, 2])
    let network = try Network(
      .init(input: [64], layers: [.dense(outputs: 2, activation: .identity)]),
      parameters: [weight, Tensor([0, 40 * least])])
    let center = Tensor(repeating: 0.5, shape: [1, 64])
    #expect(network(center).elements == [0, 40 * least])
    #expect(network(center + 0.05).elements == [64 * least, 40 * least])
    let box = Bounds(lower: center - 0.05, upper: center + 0.05)
    for margins in [
      network.intervalMargins(over: box, of: [1], rounding: .outward),
      network.linearMargins(over: box, of: [1]),
    ] {
      #expect(margins.elements[0] <= -24 * least)
    }
  }

  /// 10³⁰ · 10¹⁰ is no Float32: where a coefficient overflows nothing is proven. Of this network the second score is −1 up to
  /// 0.5, and 10⁴⁰ times what is beyond.
  @Test func overflowsProveNothing() throws {
    let network = try Network(
      .init(
        input: [1],
        layers: [.dense(outputs: 1, activation: .relu), .dense(outputs: 2, activation: .identity)]),
      parameters: [
        Tensor([1e30], shape: [1, 1]), Tensor([-5e29]), Tensor([0, 1e10], shape: [1, 2]), Tensor([0, -1]),
      ])
    #expect(network(Tensor([0.499, 0.501], shape: [2, 1])).argmax() == [0, 1])
    let box = Bounds(lower: Tensor([0.499], shape: [1, 1]), upper: Tensor([0.502], shape: [1, 1]))
    #expect(!(network.linearMargins(over: box, of: [1]).elements[0] > 0))
    #expect(!(network.intervalMargins(over: box, of: [1], rounding: .outward).elements[0] > 0))
  }

  /// A box of no size leaves the scores, and their differences.
  @Test(arguments: BoundedCase.all)
  private func aPointBoundsItself(_ subject: BoundedCase) throws {
    let labels = try subject.labels
    let box = subject.box(0)
    let scores = subject.network(subject.observations)
    let margins = scores.gather(labels).reshaped(to: [labels.count, 1]) - scores
    let bounds = subject.network.intervalBounds(over: box)
    #expect(distance(bounds.lower, scores) < 1e-5 && distance(bounds.upper, scores) < 1e-5)
    #expect(distance(subject.network.intervalMargins(over: box, of: labels), margins) < 1e-5)
    guard subject.isLinear else { return }
    #expect(distance(subject.network.linearMargins(over: box, of: labels), margins) < 4e-3)
  }

  /// Where all hidden units are decided, a network is linear over the box, and linear bounds are exact: the corner that the
  /// gradient points to.
  @Test func linearBoundsAreExactWhereTheNetworkIsLinear() throws {
    let subject = try #require(BoundedCase.linear.first { $0.name == "mlp-relu" })
    let labels = try subject.labels
    let box = subject.box(1e-5)
    let margins = subject.network.linearMargins(over: box, of: labels)
    for other in 0..<margins.shape[1] {
      func margin(_ point: Tensor) -> Tensor {
        let scores = subject.network(point)
        return scores.gather(labels) - scores.gather(labels.map { _ in other })
      }
      let slope = gradient(of: { margin($0).sum() }, at: subject.observations)
      let low = (slope.sign() * -0.5 + 0.5) * (box.upper - box.lower) + box.lower
      for (row, label) in labels.enumerated() where label != other {
        let bound = margins.elements[row * margins.shape[1] + other]
        #expect(abs(bound - margin(low).elements[row]) < 4e-4)
      }
    }
  }

  @Test(arguments: BoundedCase.all.filter { $0.name != "mlp-tanh" && $0.name != "conv-small" })
  private func gradientsOfIntervalBounds(_ subject: BoundedCase) throws {
    let labels = try subject.labels
    let architecture = subject.network.architecture
    let box = try subject.box()
    // A few rows and only the small parameters: differences of every weight would take long. Some of these are so near to
    // zero that a difference crosses the kink of their magnitude: hence 5%, where most are right to 0.01%.
    let rows = 0..<2
    let small = subject.network.parameters.indices.filter { subject.network.parameters[$0].count <= 300 }
    let errors = gradientErrors(
      of: { inputs in
        var parameters = subject.network.parameters
        for (index, parameter) in zip(small, inputs) { parameters[index] = parameter }
        let network = try! Network(architecture, parameters: parameters)
        let (bounds, box) = (network.intervalBounds(over: box.slice(rows)), box.slice(rows))
        return .concatenate([
          bounds.lower, bounds.upper, network.intervalMargins(over: box, of: Array(labels[rows])),
          network.intervalPairMargins(over: box).reshaped(to: [rows.count * bounds.shape[1], bounds.shape[1]]
          ),
        ])
      }, at: small.map { subject.network.parameters[$0] }, step: 2e-3)
    #expect(errors.allSatisfy { $0 < 5e-2 }, "\(errors)")
  }

  @Test func gradientsWithRespectToTheBox() throws {
    let subject = try #require(BoundedCase.all.first { $0.name == "mixed" })
    let box = try subject.box().slice(0..<1)
    let errors = gradientErrors(
      of: { inputs in
        let bounds = subject.network.intervalBounds(over: Bounds(lower: inputs[0], upper: inputs[1]))
        return .concatenate([bounds.lower, bounds.upper])
      }, at: [box.lower, box.upper], step: 2e-3)
    #expect(errors.allSatisfy { $0 < 5e-2 }, "\(errors)")
  }

  @Test func uncoveredLayersAreNamed() throws {
    let recurrent = try Network.Architecture(input: [4], layers: [.lstm(units: 3)])
    #expect(throws: NetworkError.self) { try recurrent.checkIntervalBounds() }
    #expect(throws: NetworkError.self) { try recurrent.checkLinearBounds() }
    let curved = try Network.Architecture(input: [4], layers: [.dense(outputs: 3, activation: .tanh)])
    try curved.checkIntervalBounds()
    #expect(throws: NetworkError.self) { try curved.checkLinearBounds() }
  }
}

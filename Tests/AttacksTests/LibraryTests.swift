import Attacks
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors
import Testing

/// What CleverHans, torchattacks, Foolbox and ART reach on the same networks and observations, recorded by
/// Scripts/attack_fixtures.py with the library and its version for each.
@Suite struct LibraryTests {
  private static let networks = ["attacks-mlp", "attacks-conv"]

  /// Name of the record, our attack, norm, epsilon, and the share of entries that may differ: of one step none but those
  /// whose gradient is rounding, of several one in a thousand.
  private static let deterministic: [(String, String, ThreatModel.Norm, Epsilon, Double)] = [
    ("fgsm.max", "fgsm", .max, Epsilon(8, over: 255), 0),
    ("fgsm.l2", "fgsm", .l2, Epsilon(0.5), 0),
    ("fgsm.l1", "fgsm", .l1, Epsilon(0.25), 0),
    ("bim", "bim:steps=10:step-size=2/255", .max, Epsilon(8, over: 255), 0.001),
    ("pgd.max", "pgd:steps=10:random-start=no", .max, Epsilon(8, over: 255), 0.001),
    ("pgd.l2", "pgd:steps=10:random-start=no", .l2, Epsilon(0.5), 0.001),
    ("mifgsm", "mifgsm:steps=10:step-size=0.8/255", .max, Epsilon(8, over: 255), 0.001),
  ]

  @Test(arguments: networks, deterministic)
  func agreesEntryByEntry(
    _ network: String,
    _ case: (name: String, attack: String, norm: ThreatModel.Norm, epsilon: Epsilon, share: Double)
  ) throws {
    let fixture = try LibraryFixture(network)
    let expected = try fixture[`case`.name]
    let observations = fixture.observations.slice(0..<expected.shape[0])
    let threat = ThreatModel(norm: `case`.norm, epsilon: `case`.epsilon, frames: .all)
    var random = fixture.streams
    random.removeLast(random.count - expected.shape[0])
    let delivery = try Attacker(`case`.attack, against: fixture.policy, within: threat)
      .deliver(observations, frameChannels: observations.shape[3], using: &random)
    let rounding = fixture.isRounding(at: observations)
    let differing = zip(delivery.observations.elements, expected.elements).enumerated()
      .count { abs($1.0 - $1.1) > 1e-4 && !rounding[$0] }
    #expect(
      Double(differing) <= `case`.share * Double(expected.count),
      "\(differing) of \(expected.count) entries differ from \(fixture.file.metadata[`case`.name] ?? "")")
  }

  @Test(arguments: networks)
  func targetedStepAgreesEntryByEntry(_ network: String) throws {
    let fixture = try LibraryFixture(network)
    let expected = try fixture["fgsm.targeted"]
    let observations = fixture.observations.slice(0..<expected.shape[0])
    let threat = ThreatModel(epsilon: Epsilon(8, over: 255), frames: .all)
    let neighborhood = try Neighborhood(
      of: observations, under: threat, frameChannels: observations.shape[3])
    let clean = CleanPass(of: observations, through: fixture.policy)
    let actions = fixture.policy.network.architecture.output[0]
    let targets = clean.actions.map { ($0 + 1) % actions }
    var random = fixture.streams
    let proposed = FGSM().perturb(
      clean, of: fixture.policy, meeting: ActionReached(targets), within: neighborhood, using: &random)
    let rounding = fixture.isRounding(at: observations, for: targets)
    for (index, (value, wanted)) in zip(neighborhood.project(proposed).elements, expected.elements)
      .enumerated()
    where !rounding[index] { #expect(abs(value - wanted) <= 1e-4) }
  }

  /// Records of minimizing attacks, and ours with the same steps or no more questions.
  private static let minimizing = [
    ("deepfool", "deepfool"), ("deepfool.torchattacks", "deepfool"),
    ("cw", "cw:steps=100:searches=5"), ("cw.cleverhans", "cw:steps=100:searches=5"),
    ("hopskipjump", "hopskipjump:iterations=6:samples=50:early-stop=no"),
    ("hopskipjump.art", "hopskipjump:iterations=6:samples=44:early-stop=no"),
  ]

  /// The median of what it takes to flip a frame, those that are not flipped counted as infinite, is no larger than theirs.
  @Test(arguments: networks, minimizing)
  func needsNoMoreThanTheLibraries(_ network: String, _ names: (record: String, attack: String)) throws {
    let fixture = try LibraryFixture(network)
    let theirs = try fixture["\(names.record).norms"].elements
    // Room for whatever an attack finds.
    let threat = ThreatModel(norm: .l2, epsilon: Epsilon(30), frames: .all)
    let (isFlipped, delivery) = try fixture.attack(names.attack, within: threat, seed: 0)
    let ours = zip(delivery.sizes, isFlipped).map { $1 ? $0 : .infinity }
    #expect(ours.count(where: \.isFinite) >= theirs.count(where: \.isFinite))
    #expect(
      Self.median(ours) <= Self.median(theirs) * 1.01,
      "of \(fixture.file.metadata["\(names.record).norms"] ?? "")")
    if names.record.hasPrefix("hopskipjump") {
      #expect(try Self.questions(delivery) <= fixture.queries(names.record))
    }
  }

  private static func median(_ values: [Float]) -> Float {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  private static func questions(_ delivery: Attacker.Delivery) -> Double {
    Double(delivery.passes.reduce(0) { $0 + $1.forward }) / Double(delivery.passes.count)
  }

  /// Records of attacks of a fixed size, and ours with no more steps or questions.
  private static let bounded: [(String, String, ThreatModel.Norm)] = [
    ("apgd.ce", "apgd:steps=10", .max), ("apgd.dlr", "apgd:steps=10:loss=ratio", .max),
    ("apgd.art", "apgd:steps=10", .max), ("square.100", "square:queries=99", .max),
    ("square.300", "square:queries=299", .max), ("square.art", "square:queries=299", .max),
    ("square.l2", "square:queries=299", .l2),
  ]

  /// The share of observations that are flipped is no smaller than theirs, both as means over five seeds; one observation
  /// in a hundred is left to chance.
  @Test(arguments: networks, bounded)
  func flipsNoLessThanTheLibraries(
    _ network: String, _ names: (record: String, attack: String, norm: ThreatModel.Norm)
  ) throws {
    let fixture = try LibraryFixture(network)
    let theirs = try fixture["\(names.record).successes"].mean().scalar
    let epsilon = try #require(fixture.file.metadata["\(names.record).epsilon"].flatMap { Epsilon($0) })
    let threat = ThreatModel(norm: names.norm, epsilon: epsilon, frames: .all)
    var flips = 0
    for seed in 0..<5 {
      let (isFlipped, delivery) = try fixture.attack(names.attack, within: threat, seed: UInt64(seed) * 1000)
      flips += isFlipped.count { $0 }
      if !names.record.hasSuffix("art") {
        #expect(try Self.questions(delivery) <= fixture.queries(names.record) * 1.1)
      }
    }
    let ours = Float(flips) / Float(5 * fixture.observations.shape[0])
    #expect(ours >= theirs - 0.01, "of \(fixture.file.metadata["\(names.record).successes"] ?? "")")
  }
}

/// A network drawn as the script draws it, its observations, and the script's record.
struct LibraryFixture {
  let file: Safetensors
  let policy: NetworkPolicy
  /// [batch, height, width, channels].
  let observations: Tensor

  init(_ name: String) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name).safetensors")
    file = try Safetensors(contentsOf: url)
    let isFlat = name == "attacks-mlp"
    let input = isFlat ? [7, 7, 3] : [10, 10, 4]
    let layers: [Layer] =
      isFlat
      ? [
        .flatten, .dense(outputs: 64, activation: .relu), .dense(outputs: 64, activation: .relu),
        .dense(outputs: 7, activation: .identity),
      ]
      : [
        .convolution(filters: 16, kernel: 3, activation: .relu), .flatten,
        .dense(outputs: 128, activation: .relu), .dense(outputs: 6, activation: .identity),
      ]
    var random = RandomStream(seed: try #require(file.metadata["seed"].flatMap { UInt64($0) }))
    let architecture = try Network.Architecture(input: input, layers: layers)
    let parameters = architecture.parameters.map { name, shape in
      let fanIn = Double(shape.count / shape[-1])
      let scale = name.hasSuffix("weight") ? 1 / fanIn.squareRoot() : 0.1
      return Tensor((0..<shape.count).map { _ in Float((2 * random.uniform() - 1) * scale) }, shape: shape)
    }
    policy = NetworkPolicy(try Network(architecture, parameters: parameters))
    let shape = Shape([try #require(file.metadata["batch"].flatMap { Int($0) })] + input)
    observations = Tensor((0..<shape.count).map { _ in Float(random.uniform()) }, shape: shape)
  }

  subscript(name: String) -> Tensor {
    get throws {
      let entry = try #require(file[name])
      return Tensor(entry.elements, shape: Shape(entry.shape))
    }
  }

  /// One stream an observation.
  var streams: [RandomStream] { streams(seed: 0) }

  private func streams(seed: UInt64) -> [RandomStream] {
    (0..<observations.shape[0]).map { RandomStream(seed: seed + UInt64($0), stream: .attack) }
  }

  /// How many rows a library asked for each observation.
  func queries(_ record: String) throws -> Double {
    try #require(file.metadata["\(record).queries"].flatMap { Double($0) })
  }

  /// Attacks all observations, and says where the action is another.
  func attack(
    _ attack: String, within threat: ThreatModel, seed: UInt64
  ) throws -> (isFlipped: [Bool], delivery: Attacker.Delivery) {
    var random = streams(seed: seed)
    let delivery = try Attacker(attack, against: policy, within: threat)
      .deliver(observations, frameChannels: observations.shape[3], using: &random)
    let actions = policy.scores(for: delivery.observations).argmax()
    return (zip(actions, delivery.cleanActions).map(!=), delivery)
  }

  /// For each entry whether its slope is below a millionth of its observation's largest.
  func isRounding(at observations: Tensor, for targets: [Int]? = nil) -> [Bool] {
    let leaf = observations.tracked()
    let scores = policy.scores(for: leaf)
    let slopes = scores.crossEntropy(with: targets ?? scores.argmax()).sum().gradient(at: leaf).abs()
    let largest = slopes.flattened().max().elements
    let length = observations.count / observations.shape[0]
    return slopes.elements.enumerated().map { $1 < 1e-6 * largest[$0 / length] }
  }
}

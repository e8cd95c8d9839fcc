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
    let actions = try fixture.policy.network.architecture.output()[0]
    let targets = clean.actions.map { ($0 + 1) % actions }
    var random = fixture.streams
    let proposed = FGSM().perturb(
      clean, of: fixture.policy, meeting: ActionReached(targets), within: neighborhood, using: &random)
    let rounding = fixture.isRounding(at: observations, for: targets)
    for (index, (value, wanted)) in zip(neighborhood.project(proposed).elements, expected.elements)
      .enumerated()
    where !rounding[index] { #expect(abs(value - wanted) <= 1e-4) }
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
    let parameters = try architecture.parameters().map { name, shape in
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
  var streams: [RandomStream] {
    (0..<observations.shape[0]).map { RandomStream(seed: UInt64($0), stream: .attack) }
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

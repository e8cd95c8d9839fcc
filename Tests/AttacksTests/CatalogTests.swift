import Attacks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// What holds for every attack of the catalog.
@Suite struct CatalogTests {
  private let observations = uniform([6, 5, 5, 4], seed: 3)

  /// An attack under a norm, with its parameters small enough for a test.
  struct Case: CustomTestStringConvertible {
    let attack: String
    let norm: ThreatModel.Norm
    var testDescription: String { "\(attack), \(norm)" }

    static let all = AttackCatalog.names.flatMap { name in
      ThreatModel.Norm.allCases.map { Case(attack: Self.quick[name] ?? name, norm: $0) }
    }

    private static let quick: [String: String] = [:]

    /// What an attack of this norm may do to an observation of 100 entries.
    func threat(_ size: Float = 0.06) -> ThreatModel {
      let scale: Float = norm == .max ? 1 : norm == .l2 ? 8 : 50
      return ThreatModel(norm: norm, epsilon: Epsilon(Double(size * scale)), frames: .all)
    }
  }

  private func victim(actions: Int = 3) throws -> NetworkPolicy {
    try network(
      [
        .convolution(filters: 6, kernel: 3, activation: .tanh), .flatten,
        .dense(outputs: actions, activation: .identity),
      ], input: [5, 5, 4])
  }

  @Test(arguments: Case.all)
  func deliversWithinTheThreatModel(_ attack: Case) throws {
    for region in [Region.all, .rectangle(top: 1, left: 0, height: 3, width: 2)] {
      for frames in ThreatModel.Frames.allCases {
        for isQuantized in [false, true] {
          var threat = attack.threat()
          (threat.frames, threat.region, threat.isQuantized) = (frames, region, isQuantized)
          var random = streams(6)
          let delivery = try Attacker(attack.attack, against: victim(), within: threat)
            .deliver(observations, frameChannels: 2, using: &random)
          for (index, (new, old)) in zip(delivery.observations.elements, observations.elements).enumerated() {
            let (row, column, channel) = (index / 20 % 5, index / 4 % 5, index % 4)
            #expect((0...1).contains(new))
            if frames == .newest, channel < 2 { #expect(new == old) }
            if region != .all, !(1..<4).contains(row) || column > 1 { #expect(new == old) }
          }
          let difference = (delivery.observations - observations).elements
          for row in 0..<6 {
            let own = difference[(row * 100)..<(row * 100 + 100)].map(Double.init)
            let size =
              switch attack.norm {
              case .max: own.map(abs).max()!
              case .l2: own.reduce(0) { $0 + $1 * $1 }.squareRoot()
              case .l1: own.reduce(0) { $0 + abs($1) }
              }
            #expect(size <= Double(threat.budget) * (1 + 1e-5) + 1e-6)
            #expect(abs(size - Double(delivery.sizes[row])) < 1e-4)
          }
        }
      }
    }
  }

  @Test(arguments: Case.all)
  func epsilonZeroDeliversTheSameBits(_ attack: Case) throws {
    var random = streams(6)
    let delivery = try Attacker(attack.attack, against: victim(), within: attack.threat(0))
      .deliver(observations, frameChannels: 4, using: &random)
    #expect(delivery.observations.elements.map(\.bitPattern) == observations.elements.map(\.bitPattern))
    #expect(delivery.sizes.allSatisfy { $0 == 0 })
    #expect(delivery.isFlipped.allSatisfy { !$0 })
  }

  @Test(arguments: Case.all)
  func doesNotDependOnTheRestOfTheBatch(_ attack: Case) throws {
    let attacker = try Attacker(attack.attack, against: victim(), within: attack.threat())
    var all = streams(6)
    var one = [streams(6)[4]]
    let together = try attacker.deliver(observations, frameChannels: 4, using: &all)
    let alone = try attacker.deliver(observations.rows(at: [4]), frameChannels: 4, using: &one)
    // The last bit of a gradient depends on how many rows a matrix product has.
    #expect(relativeError(together.observations.rows(at: [4]), alone.observations) < 1e-5)
    #expect(together.passes[4] == alone.passes[0])
    #expect(all[4] == one[0])
  }

  /// Nothing in an attack needs a third action.
  @Test(arguments: Case.all)
  func twoActionsSuffice(_ attack: Case) throws {
    var random = streams(6)
    let delivery = try Attacker(attack.attack, against: victim(actions: 2), within: attack.threat())
      .deliver(observations, frameChannels: 4, using: &random)
    #expect(delivery.observations.elements.allSatisfy { $0.isFinite })
  }
}

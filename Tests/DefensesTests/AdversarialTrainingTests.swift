import Attacks
import Defenses
import Networks
import Policies
import RandomStreams
import TestSupport
import Testing

@Suite struct AdversarialTrainingTests {
  @Test func epsilonGrowsFromNothingToItsFullSize() throws {
    var random = RandomStream(seed: 1)
    let policy = NetworkPolicy(
      try Network(
        .init(input: [4], layers: [.dense(outputs: 2, activation: .identity)]), initializer: .kaiming,
        using: &random))
    let defense = AdversarialTraining(try AttackChoice("fgsm"), epsilon: Epsilon(16, over: 255))
    func size(_ progress: Float) throws -> Float? {
      try defense.attacker(against: policy, range: 0...1, progress: progress)?.threat.epsilon.value
    }
    #expect(try size(0) == nil)
    #expect(try size(0.2) == nil)
    #expect(abs(try #require(try size(0.35)) - 8.0 / 255) < 1e-6)
    #expect(abs(try #require(try size(0.5)) - 16.0 / 255) < 1e-6)
    #expect(abs(try #require(try size(1)) - 16.0 / 255) < 1e-6)
  }

  /// Within five standard deviations of a binomial count, which chance leaves once in two million times.
  @Test(arguments: [0.3, 1])
  func theShareIsThatOfTheFrames(_ share: Double) throws {
    var random = RandomStream(seed: 1)
    let policy = NetworkPolicy(
      try Network(
        .init(input: [2, 2, 1], layers: [.flatten, .dense(outputs: 2, activation: .identity)]),
        initializer: .kaiming, using: &random))
    let defense = AdversarialTraining(try AttackChoice("fgsm"), epsilon: Epsilon(0.1), share: share)
    let attacker = try #require(try defense.attacker(against: policy, range: 0...1, progress: 1))
    var streams = (0..<1000).map { RandomStream(seed: 2, stream: .attack, index: $0) }
    let delivery = try attacker.deliver(
      random.tensor([1000, 2, 2, 1], in: 0...1), frameChannels: 1, using: &streams)
    let deviation = (1000 * share * (1 - share)).squareRoot()
    #expect(abs(Double(delivery.isAttacked.count(where: \.self)) - 1000 * share) <= 5 * deviation)
  }
}

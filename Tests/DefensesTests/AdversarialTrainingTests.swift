import Attacks
import Defenses
import Networks
import Policies
import RandomStreams
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
}

@testable import Attacks
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// What two actions do not show: with them the worst action is the other one, and so is the best of the
/// others.
@Suite struct SeveralActionsTests {
  /// By how much an attack moves each entry of a gray pixel. Each entry speaks for one of four actions,
  /// liked in the order 0, 1, 3, 2: toward action t the slope of log softmax is 1 − p at entry t, and −p at
  /// the others.
  private func changes(by attack: String, learningFrom experience: Experience? = nil) throws -> [Float] {
    let policy = try linear(
      (0..<4).map { entry in (0..<4).map { $0 == entry ? 1 : 0 } }, bias: [3, 2, 0, 1])
    let gray = Tensor(repeating: 0.5, shape: [1, 1, 1, 4])
    var random = streams(1)
    let delivery = try Attacker(
      AttackPlan(attack), against: policy, within: ThreatModel(epsilon: Epsilon(0.1), frames: .all),
      learningFrom: experience
    ).deliver(gray, frameChannels: 4, using: &random)
    return (delivery.observations - gray).elements
  }

  @Test func worstActionLeadsToTheLeastLiked() throws {
    #expect(relativeError(try changes(by: "worst-action"), [-0.1, -0.1, 0.1, -0.1]) < 1e-5)
  }

  /// Whatever the victim likes: action 3 was worth the least, each action the end of an episode.
  @Test func robustSarsaLeadsToTheActionOfLeastLearnedValue() throws {
    let experience = Experience(
      observations: Tensor(repeating: 0.5, shape: [4, 1, 1, 4]), actions: [0, 1, 2, 3],
      rewards: [2, 1, 1, -2], successors: [nil, nil, nil, nil], hasTerminated: [true, true, true, true],
      frameChannels: 4)
    let changes = try changes(by: "robust-sarsa:updates=50", learningFrom: experience)
    #expect(relativeError(changes, [-0.1, -0.1, -0.1, 0.1]) < 1e-5)
  }

  /// By hand: KL((½, ¼, ¼) ‖ (⅛, ⅛, ¾)) = ½·log 4 + ¼·log 2 − ¼·log 3. The other way around it is less.
  @Test func divergenceIsFromTheCleanPolicy() {
    let divergence = PolicyDivergence(from: Tensor([log(2), 0, 0], shape: [1, 3]))
    let loss = divergence.loss(of: Tensor([0, 0, log(6)], shape: [1, 3])).scalar
    #expect(abs(loss - (1.25 * log(2) - 0.25 * log(3))) < 1e-6)
  }

  /// By hand, the scores in no order: toward the third of five −(3 − 0)/(3 − (0 − 2)/2), away from the
  /// first −(3 − 1)/(3 − 0); with three actions there is no fourth score, and toward the worst the ratio would be −1 whatever
  /// the scores: there it is the margin.
  @Test func targetedRatiosLookAtTheFourthScore() {
    let (five, three) = (Tensor([0, 3, -9, 1, -2], shape: [1, 5]), Tensor([3, 1, -1], shape: [1, 3]))
    #expect(abs(ActionReached([0]).loss(of: five, as: .ratio).scalar + 3.0 / 4) < 1e-6)
    #expect(abs(ActionChange(from: [1]).loss(of: five, as: .ratio).scalar + 2.0 / 3) < 1e-6)
    #expect(abs(ActionReached([2]).loss(of: three, as: .ratio).scalar + 4) < 1e-6)
    let gradient = gradient(of: { ActionReached([2]).loss(of: $0, as: .ratio).sum() }, at: three)
    #expect(gradient.elements == [-1, 0, 1])
  }

  /// Saliences by hand, α·|β| with α for action 1 and β for both others together: 3, 4, none (β > 0), 2.5
  /// and, downward, 3.5. The second entry has the largest; where it has no room, the last one.
  @Test func saliencyWeighsAllOtherActions() throws {
    let policy = try linear(
      [[-1, 3, 0], [0, 2, -2], [1, 5.5, 0], [-5, 0.5, 0], [3.5, -1, 0]], bias: [30, 10, 0])
    let observations = Tensor([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5], shape: [2, 1, 1, 5])
    var random = streams(2)
    let delivery = try Attacker(
      "jsma", against: policy, within: ThreatModel(norm: .l1, epsilon: Epsilon(0.1), frames: .all)
    ).deliver(observations, frameChannels: 5, using: &random)
    let changes = (delivery.observations - observations).elements
    #expect(relativeError(changes, [0, 0.1, 0, 0, 0, 0, 0, 0, 0, -0.1]) < 1e-5)
  }

  /// Of two other actions one is nearer in score and farther away: behind it lies a gap of 0.2 under a slope of 0.3, the other's
  /// is 0.4 under 2.
  @Test func deepFoolGoesToTheNearestBoundary() throws {
    var policy = try network([.flatten, .dense(outputs: 3, activation: .identity)], input: [1, 1, 2])
    policy.network.parameters[0] = Tensor([0, 0.3, 0, 0, 0, 2], shape: [2, 3])
    policy.network.parameters[1] = Tensor([0, -0.2, -0.4])
    var random = streams(1)
    let delivery = try Attacker(
      "deepfool", against: policy,
      within: ThreatModel(norm: .l2, epsilon: Epsilon(0.5), range: -1...1, frames: .all)
    ).deliver(.zeros([1, 1, 1, 2]), frameChannels: 2, using: &random)
    let found = delivery.observations.elements
    #expect(abs(found[0]) < 1e-6 && abs(found[1] - 0.2 * 1.02) < 1e-3, "\(found)")
  }
}

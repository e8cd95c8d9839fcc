import Attacks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

/// On a policy whose scores are linear in the observation the best perturbation of every norm is known in closed form.
///
/// With two actions the loss of leaving action a climbs along w = w_b − w_a, and nothing else: by Hölder's inequality the
/// largest gain within ε is ε·‖w‖₁ under the max norm, ε·‖w‖₂ under L2 and ε·max|w| under L1.
@Suite struct LinearPolicyTests {
  /// Away from the bounds of the range, which must not bind.
  private let observations = uniform([8, 3, 3, 2], seed: 4) * 0.4 + 0.3

  private func policy(actions: Int = 2) throws -> NetworkPolicy {
    try network([.flatten, .dense(outputs: actions, activation: .identity)], input: [3, 3, 2])
  }

  // Of a random start's part across the slope, 20 steps of 2.5·ε/n under L2 leave 8%: longer ones leave nothing.
  private static let attacks = [
    "fgsm", "bim", "pgd:step-size=0.1", "pgd:random-start=no", "mifgsm", "fgsm:loss=margin", "bim:loss=ratio",
  ]

  @Test(arguments: attacks, ThreatModel.Norm.allCases)
  func reachesTheOptimum(_ attack: String, _ norm: ThreatModel.Norm) throws {
    let policy = try policy()
    let threat = ThreatModel(norm: norm, epsilon: Epsilon(0.1), frames: .all)
    var random = streams(8)
    let delivery = try Attacker(attack, against: policy, within: threat)
      .deliver(observations, frameChannels: 2, using: &random)
    let weight = policy.network.parameters[0].elements
    for row in 0..<8 {
      let action = delivery.cleanActions[row]
      let slopes = (0..<18).map { weight[$0 * 2 + 1 - action] - weight[$0 * 2 + action] }
      let best: Float =
        switch norm {
        case .max: slopes.reduce(0) { $0 + abs($1) }
        case .l2: slopes.reduce(0) { $0 + $1 * $1 }.squareRoot()
        case .l1: slopes.map(abs).max()!
        }
      let changes = (delivery.observations - observations).elements[(row * 18)..<(row * 18 + 18)]
      let gain = zip(changes, slopes).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      #expect(abs(gain - 0.1 * best) < 1e-4 * best, "\(gain) of \(0.1 * best)")
    }
  }
}

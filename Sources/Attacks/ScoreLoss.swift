import Networks
import Tensors

/// How a wish about an action becomes a number that an attack can raise. All are on logits or Q-values, and defined for two
/// actions.
public enum ScoreLoss: String, Hashable, Sendable, Codable, CaseIterable {
  /// −log softmax(z)[a], the softmax taken over logits or Q-values alike (Huang et al. 2017, section 3.1). Where scores differ
  /// little on its scale, as Q-values may, it raises all other scores at once, and ``margin`` may flip more.
  case crossEntropy = "cross-entropy"
  /// max over j ≠ a of z[j], minus z[a] (Carlini & Wagner 2017, f₆).
  case margin
  /// The margin over z₁ − z₃, the scores sorted: the difference of logits ratio, which no scale of the scores changes (Croce &
  /// Hein 2020, equation 6). Its targeted form has z₁ − (z₃ + z₄)/2 below the line (their equation 8). With two actions there is
  /// no third score, and z₁ − z₂ would make the ratio ±1 with no gradient at all; with three a target that is the worst would make
  /// the targeted form −1 over z₁ − z₃: there it is the margin itself.
  case ratio

  /// How far each observation is from keeping its action: larger where the action has lost.
  func leaving(_ actions: [Int], _ scores: Tensor) -> Tensor {
    switch self {
    case .crossEntropy: scores.crossEntropy(with: actions)
    case .margin: scores.margin(over: actions)
    case .ratio: Self.ratio(scores.margin(over: actions), scores, isTargeted: false)
    }
  }

  /// How near each observation is to an action: larger where the action has won.
  func reaching(_ actions: [Int], _ scores: Tensor) -> Tensor {
    switch self {
    case .crossEntropy: -scores.crossEntropy(with: actions)
    case .margin: -scores.margin(over: actions)
    case .ratio:
      // z_t − z_y with the clean action's score would need the clean action; the strongest other is what has to lose.
      Self.ratio(-scores.margin(over: actions), scores, isTargeted: true)
    }
  }

  private static func ratio(_ margin: Tensor, _ scores: Tensor, isTargeted: Bool) -> Tensor {
    let actions = scores.shape[1]
    guard actions > (isTargeted ? 3 : 2) else { return margin }
    let ranking = scores.actionsByRank
    func score(_ place: Int) -> Tensor { scores.gather(ranking.map { $0[place] }) }
    let least = isTargeted ? (score(2) + score(3)) * 0.5 : score(2)
    return margin / (score(0) - least + 1e-12)
  }
}

extension Tensor {
  /// Of scores, [batch, actions], each row's actions but one, from the best to the worst.
  func rivals(of actions: [Int]) -> [[Int]] {
    zip(actionsByRank, actions).map { ranked, own in ranked.filter { $0 != own } }
  }

  /// Of scores, [batch, actions], each row's actions from the best to the worst; of equal ones the first comes first.
  var actionsByRank: [[Int]] {
    let actions = shape[1]
    return withElements { values in
      (0..<shape[0]).map { row in
        (0..<actions).sorted {
          let (first, second) = (values[row * actions + $0], values[row * actions + $1])
          return first > second || (first == second && $0 < $1)
        }
      }
    }
  }
}

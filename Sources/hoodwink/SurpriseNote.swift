import Evaluation
import Foundation

/// A cell that left more return than a stronger attack should, for people and machines.
struct SurpriseNote: Encodable {
  let policy: String
  let kind: Surprise.Kind
  let attack: String
  let epsilon: String
  /// What left less; no attack for the clean run.
  let besideAttack: String?
  let besideEpsilon: String?
  let difference: Double
  let intervalLow: Double?
  let intervalHigh: Double?
  /// Whether all of the interval is above zero.
  let isBeyondChance: Bool
  let flipRate: Double
  let besideFlipRate: Double?
  /// Why it may be, by the actions that changed.
  let explanation: String

  /// The surprises among the cells of each policy.
  static func notes(on cells: [Cell], seed: UInt64) -> [SurpriseNote] {
    cells.map(\.policy).distinct().flatMap { policy -> [SurpriseNote] in
      let own = cells.filter { $0.policy == policy && $0.perturbs }
      return Surprise.among(
        own.map {
          .init(
            attack: $0.attack, size: $0.opposition.map { Double($0.threat.epsilon.value) },
            knowledge: $0.knowledge, isTransferred: $0.surrogate != nil, result: $0.result)
        },
        seed: seed
      ).map { SurpriseNote($0, more: own[$0.more], less: own[$0.less]) }
    }
  }

  private init(_ surprise: Surprise, more: Cell, less: Cell) {
    policy = more.policy
    kind = surprise.kind
    (attack, epsilon) = (more.attack ?? "", more.epsilon ?? "")
    (besideAttack, besideEpsilon) = (less.attack, less.epsilon)
    difference = surprise.difference
    (intervalLow, intervalHigh) = (surprise.interval?.lowerBound, surprise.interval?.upperBound)
    isBeyondChance = surprise.isBeyondChance
    let flips = more.result.flipRate ?? 0
    (flipRate, besideFlipRate) = (flips, less.result.flipRate)
    explanation =
      less.result.flipRate.map {
        flips < $0
          ? "it flips less: its search is weaker here, or wants something else; no sign of a robust policy"
          : "it flips no less, but the actions that it changed cost less"
      } ?? "the actions that it changed earned more"
  }

  private var cell: String { "\(policy) under \(attack) at \(epsilon)" }

  /// One line.
  private var sentence: String {
    let rival = besideAttack.map { "\($0) at \(besideEpsilon ?? "")" } ?? "no attack"
    let flips =
      besideFlipRate.map { String(format: "; flips %.1f%% against %.1f%%", 100 * flipRate, 100 * $0) } ?? ""
    return "\(cell) left "
      + String(format: "%.3f more than ", difference) + rival
      + " (95% interval \(bracketed(intervalLow, intervalHigh))"
      + "\(flips)): \(explanation)"
  }

  /// All of them with what they mean, for people; nothing where there are none.
  static func show(_ notes: [SurpriseNote]) {
    guard !notes.isEmpty else { return }
    let (sure, others) = (notes.filter(\.isBeyondChance), notes.filter { !$0.isBeyondChance })
    print("\nMore return than a stronger attack should leave, over the same episodes:")
    for note in sure { print("  " + amber(note.sentence)) }
    if !others.isEmpty {
      print("  within chance: \(others.map(\.cell).distinct().joined(separator: ", "))")
    }
    print(
      """
      A changed action is not a lower return: where a policy is not the best there is, another action may earn more, and an \
      attack does not know which. One in forty such comparisons is beyond chance by chance. Whether an attack is weak tells \
      hoodwink selftest.
      """)
  }
}

import Attacks
import Episodes

/// A result that left more return than a stronger attack should: something that a table of returns must not pass over.
///
/// No fault by itself where the flips are as they should be: an attack changes actions, and whether another action earns less is
/// up to the environment; where a policy is not the best there is, one changed action may earn more. Where the stronger attack
/// flips less, its search is weaker on this policy, or it wants something else.
public struct Surprise: Hashable, Sendable {
  /// What is surprising.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// An attack left more than there is without one.
    case moreThanClean = "more than clean"
    /// A larger epsilon left more than the next smaller one.
    case moreThanSmallerEpsilon = "more than a smaller epsilon"
    /// An attack left more than a weaker one of the same size: one that changes no more actions, or that knows no more of the
    /// policy and asks it no more often (of those that searched on another policy flips alone tell).
    case moreThanWeakerAttack = "more than a weaker attack"
  }

  /// One of the results that are compared.
  public struct Entry: Sendable {
    /// The attack; nil for none.
    public let attack: String?
    /// Its size; nil for none.
    public let size: Double?
    /// What it knows of the policy.
    public let knowledge: Knowledge
    /// Whether it searched on another policy: then what it asked of this one does not tell how hard it tried.
    public let isTransferred: Bool
    /// What was found.
    public let result: Evaluation.Result

    /// A result.
    public init(
      attack: String?, size: Double?, knowledge: Knowledge, isTransferred: Bool = false,
      result: Evaluation.Result
    ) {
      self.attack = attack
      self.size = size
      self.knowledge = knowledge
      self.isTransferred = isTransferred
      self.result = result
    }

    /// Changed actions by frame, all frames counted.
    fileprivate var flips: Double { (result.flipRate ?? 0) * result.attackedShare }

    /// Passes by attacked frame.
    private var effort: Double {
      Double(result.passes.forward + result.passes.backward) / Double(max(result.attackedFrames, 1))
    }

    /// Whether another should leave no less.
    fileprivate func isWeaker(than other: Entry) -> Bool {
      flips <= other.flips
        || (!isTransferred && !other.isTransferred && knowledge <= other.knowledge && effort <= other.effort)
    }
  }

  /// What is surprising.
  public let kind: Kind
  /// The index of the result that left more.
  public let more: Int
  /// The index of the result that left less.
  public let less: Int
  /// By how much, the mean over the same episodes.
  public let difference: Double
  /// Its 95% bootstrap interval over episodes; nil for fewer than five.
  public let interval: ClosedRange<Double>?

  /// Whether all of the interval is above zero.
  public var isBeyondChance: Bool { leastDifference > 0 }

  private var leastDifference: Double { interval?.lowerBound ?? -.infinity }

  /// The surprises among results of one policy on the same episodes, one of each kind for each result at most, the one that is
  /// farthest beyond chance.
  /// - Parameter seed: of the resampling.
  /// - Precondition: all have the same episodes.
  public static func among(_ entries: [Entry], seed: UInt64) -> [Surprise] {
    entries.indices.flatMap { index -> [Surprise] in
      let entry = entries[index]
      guard let attack = entry.attack, let size = entry.size else { return [] }
      func largest(_ kind: Kind, beside rivals: [Int]) -> Surprise? {
        rivals.compactMap { rival -> Surprise? in
          let lead = PairedDifference(
            entry.result.returns, minus: entries[rival].result.returns, seed: seed)
          guard lead.mean > 0 else { return nil }
          return Surprise(
            kind: kind, more: index, less: rival, difference: lead.mean, interval: lead.interval)
        }.max { ($0.leastDifference, $0.difference) < ($1.leastDifference, $1.difference) }
      }
      let others = entries.indices.filter { $0 != index }
      let smaller = others.filter {
        entries[$0].attack == attack && entries[$0].size.map { $0 < size } ?? false
      }
      let next = smaller.max { entries[$0].size! < entries[$1].size! }
      return [
        largest(.moreThanClean, beside: others.filter { entries[$0].attack == nil }),
        largest(.moreThanSmallerEpsilon, beside: next.map { [$0] } ?? []),
        largest(
          .moreThanWeakerAttack,
          beside: others.filter {
            entries[$0].attack != nil && entries[$0].attack != attack && entries[$0].size == size
              && entries[$0].isWeaker(than: entry)
          }),
      ].compactMap { $0 }
    }
  }
}

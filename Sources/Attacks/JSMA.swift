import Networks
import Policies
import RandomStreams
import Tensors

/// The Jacobian-based saliency map attack (Papernot et al. 2016, "The Limitations of Deep Learning in Adversarial Settings",
/// algorithm 3): as few entries as possible, each moved as far as it may.
///
///     for an entry in a direction d    α = d·∂z_t/∂xᵢ,  β = d·Σ_{j≠t} ∂z_j/∂xᵢ      saliency = α·|β| where α > 0 and β < 0
///
/// The entry with the largest saliency moves to the end of its room, and so on until the criterion is met or the budget spent.
///
/// Access: gradients. Cost: a forward and two backward passes for each entry moved, and two forward passes.
///
/// Deviations:
/// 1. One entry at a time (their equation 8) in either direction, where the authors search pairs that move one way.
/// 2. Where no entry has a saliency, the one with the largest gain α − β.
/// 3. Untargeted, t is the best of the other actions at the clean observation.
/// 4. z are the scores, not their softmax.
/// 5. Of several wishes, the action that is to be reached; a lower value alone it takes for any other action.
/// 6. An entry moves by what the norm leaves: all of its room under L1 while the budget lasts, ε under the max norm.
public struct JSMA: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "jsma", "few entries, the most salient first, moved as far as they may", needs: .weights, norms: [.l1],
    cost: "up to 2 + n forward, 2n backward")

  /// What can be set.
  public static let parameters: [Parameter<JSMA>] = [
    .whole("entries", \.entries, in: 1...1_000_000, "the largest number n of entries that are moved")
  ]

  /// The largest number of entries.
  public var entries = 40

  /// Forty entries.
  public init() {}

  /// Entry after entry.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    var finished = clean.observations
    var point = finished
    var targets = Self.targets(of: criterion, clean)
    // The entries of each observation that have not moved.
    var candidates = Array(repeating: neighborhood.freeEntries, count: open.count)
    for moved in 0...entries {
      let wanted = targets
      let look = open.clean.gradients(
        of: victim, at: point,
        of: moved < entries
          ? [{ $0.scores.gather(wanted) }, { $0.scores.sum(alongAxis: -1) - $0.scores.gather(wanted) }] : [],
        for: open.criterion, using: &open.streams)
      finished.replaceRows(at: open.places, with: point)
      let isMet = open.criterion.isMet(by: look.response)
      if moved == entries { break }
      let rest = isMet.indices.filter { row in
        guard !isMet[row],
          let (entry, up) = Self.mostSalient(candidates[row], look.gradients, row, point, open.neighborhood),
          open.neighborhood.move(&point, row: row, entry: entry, up: up)
        else { return false }
        candidates[row].removeAll { $0 == entry }
        return true
      }
      if rest.isEmpty { break }
      open.keep(rest)
      point = point.rows(at: rest)
      (targets, candidates) = (rest.map { targets[$0] }, rest.map { candidates[$0] })
    }
    return finished
  }

  private static func targets(of criterion: any Criterion, _ clean: CleanPass) -> [Int] {
    let wishes = (criterion as? AllOf)?.parts ?? [criterion]
    if let reached = wishes.lazy.compactMap({ $0 as? ActionReached }).first { return reached.targets }
    let preferences = clean.preferences
    return clean.scores?.argmax(except: preferences) ?? preferences
  }

  /// The entry and its direction; nil when none has a slope that helps and room to move.
  private static func mostSalient(
    _ candidates: [Int], _ gradients: [Tensor], _ row: Int, _ point: Tensor, _ neighborhood: Neighborhood
  ) -> (entry: Int, up: Bool)? {
    let (first, range) = (row * neighborhood.length, neighborhood.threat.range)
    return gradients[0].withElements { target -> (entry: Int, up: Bool)? in
      gradients[1].withElements { others -> (entry: Int, up: Bool)? in
        point.withElements { point -> (entry: Int, up: Bool)? in
          var salient: (entry: Int, up: Bool, value: Float)?
          var gaining: (entry: Int, up: Bool, value: Float)?
          for entry in candidates {
            let (alpha, beta, value) = (target[first + entry], others[first + entry], point[first + entry])
            let up = alpha - beta > 0
            guard alpha != beta, up ? value < range.upperBound : value > range.lowerBound else { continue }
            let gain = abs(alpha - beta)
            if gain > gaining?.value ?? 0 { gaining = (entry, up, gain) }
            let (toward, away) = up ? (alpha, beta) : (-alpha, -beta)
            if toward > 0, away < 0, toward * -away > salient?.value ?? 0 {
              salient = (entry, up, toward * -away)
            }
          }
          guard let best = salient ?? gaining else { return nil }
          return (best.entry, best.up)
        }
      }
    }
  }
}

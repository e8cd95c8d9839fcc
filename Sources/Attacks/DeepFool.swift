import Policies
import RandomStreams
import Tensors

/// DeepFool (Moosavi-Dezfooli, Fawzi & Frossard 2016, algorithm 2): step after step to the nearest face of the region in which
/// the clean action wins, the scores taken as linear; then held to the budget.
///
///     for each other action k   wₖ = ∇ₓ(zₖ − z_y),  fₖ = zₖ − z_y;   l = argmin |fₖ| / ‖wₖ‖_q
///     l2   r = |f_l| / ‖w_l‖₂² · w_l      max   r = |f_l| / ‖w_l‖₁ · sign w_l      l1   r = |f_l| / |w_l|ⱼ · sign(w_l)ⱼ at the largest
///
/// until x + (1 + η)·Σr meets the criterion, with the overshoot η = 0.02 (norms: their section 3.3, q the dual of the norm).
///
/// Access: gradients. Cost: a forward pass and one backward pass for each other action (`candidates` at most) in each
/// step, and two forward passes; an observation that meets the criterion takes no more.
///
/// Deviations:
/// 1. With a criterion other than leaving the clean action, the one face between it and the strongest rival; beside a wish for
///    a lower value the face of the sum of both losses, which is no longer the nearest that flips.
/// 2. Each point is clipped to the valid range before it is looked at.
/// 3. A step is longer than to the face by 10⁻⁴, and gradients are taken at the overshot point, as in the authors' Python code;
///    the paper has neither.
/// 4. Under L1 a step that the range cuts off goes on in the entries that are next largest.
public struct DeepFool: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "deepfool", "steps to the nearest linearized boundary, held to the budget", needs: .weights,
    cost: "up to 2 + n forward, n·(actions − 1) backward")

  /// What can be set.
  public static let parameters: [Parameter<DeepFool>] = [
    .whole("steps", \.steps, in: 1...100_000, "the largest number of steps n"),
    .whole("candidates", \.candidates, in: 1...10_000, "the number of best other actions that are looked at"),
    .number("overshoot", \.overshoot, in: 0...10, "how far beyond the boundary, η"),
  ]

  /// The largest number of steps.
  public var steps = 50
  /// How many other actions are looked at.
  public var candidates = 10
  /// How far beyond the boundary.
  public var overshoot: Float = 0.02

  /// The paper's fifty steps.
  public init() {}

  /// Steps until the criterion is met.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    var finished = clean.observations
    var total = Tensor.zeros(finished.shape)
    for step in 0...steps {
      let point = open.neighborhood.inRange(open.clean.observations + total * (1 + overshoot))
      let faces = faces(of: open.criterion, open.clean)
      // The last look only asks whether the last step was enough.
      let look = open.clean.gradients(
        of: victim, at: point, of: step < steps ? faces : [], for: open.criterion, using: &open.streams)
      finished.replaceRows(at: open.places, with: point)
      let isMet = open.criterion.isMet(by: look.response)
      let rest = isMet.indices.filter { !isMet[$0] }
      if rest.isEmpty || step == steps { break }
      let moves = nearest(look.values, look.gradients, at: point, open.neighborhood)
      total = (total + moves).rows(at: rest)
      open.keep(rest)
    }
    return finished
  }

  /// What has to become positive, one of them: the lead of each other action, or the criterion's margin.
  private func faces(of criterion: any Criterion, _ clean: CleanPass) -> [@Sendable (Response) -> Tensor] {
    guard let change = criterion as? ActionChange, let scores = clean.scores else {
      return [{ criterion.loss(of: $0, as: .margin) }]
    }
    let rivals = scores.rivals(of: change.cleanActions)
    return (0..<min(candidates, scores.shape[1] - 1)).map { place in
      let others = rivals.map { $0[place] }
      return { $0.scores.gather(others) - $0.scores.gather(change.cleanActions) }
    }
  }

  /// The step to the nearest of the faces, for each observation.
  private func nearest(
    _ values: [[Float]], _ gradients: [Tensor], at point: Tensor, _ neighborhood: Neighborhood
  ) -> Tensor {
    let masked = gradients.map { neighborhood.masked($0) }
    let norms = masked.map { $0.rowSizes(in: neighborhood.threat.norm.dual) }
    var result = Tensor.zeros(neighborhood.center.shape)
    for face in masked.indices {
      let rows = (0..<neighborhood.count).filter { row in
        let distance = Self.distance(values[face][row], norms[face][row])
        return masked.indices.allSatisfy { other in
          let rival = Self.distance(values[other][row], norms[other][row])
          return distance < rival || (distance == rival && face <= other)
        }
      }
      guard !rows.isEmpty else { continue }
      // A little more than to the face itself, where neither side wins and rounding decides; as much as in the authors' code.
      let sizes = rows.map { row in
        norms[face][row] > 0 ? abs(values[face][row]) / norms[face][row] + 1e-4 : 0
      }
      let moves = neighborhood.rows(at: rows).changes(
        along: masked[face].rows(at: rows), sizes: sizes, at: point.rows(at: rows))
      result.replaceRows(at: rows, with: moves)
    }
    return result
  }

  private static func distance(_ value: Float, _ norm: Float) -> Float {
    norm > 0 ? abs(value) / norm : .infinity
  }
}

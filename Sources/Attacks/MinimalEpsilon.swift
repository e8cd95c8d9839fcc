import Policies
import RandomStreams
import Tensors

/// The smallest epsilon at which projected ascent meets the criterion, found by bisection for each observation; delivered is the
/// perturbation of that size, and where all of the budget does not suffice, that of all of it. No paper's: bisection over ``BIM``
/// (Kurakin, Goodfellow & Bengio 2017).
///
///     low = 0, high = ε;   middle = (low + high)/2;   BIM within middle meets the criterion ? high = middle : low = middle
///
/// Access: gradients. Cost: for all of the budget and each bisection n + 1 forward and n backward passes; observations that all of
/// the budget does not flip take no further part.
public struct MinimalEpsilon: SearchRecipe {
  /// What people are told.
  public static let about = AboutAttack(
    "minimal-epsilon", "the smallest size that flips, by bisection", needs: .weights,
    cost: "up to (b + 1)·(n + 1) forward, (b + 1)·n backward")

  /// What can be set.
  public static let parameters: [Parameter<MinimalEpsilon>] = [
    .whole("steps", \.steps, in: 1...100_000, "the steps n of projected ascent at each size"),
    .whole("bisections", \.bisections, in: 1...60, "the number b of bisections"),
    .loss(\.loss),
  ]

  /// The steps at each size.
  public var steps = 10
  /// The number of bisections.
  public var bisections = 8
  /// What is climbed.
  public var loss = ScoreLoss.margin

  /// Ten steps, eight bisections.
  public init() {}

  /// The perturbation of the smallest size.
  public func perturb(
    _ clean: CleanPass, of victim: any DifferentiablePolicy, meeting criterion: any Criterion,
    within neighborhood: Neighborhood, using random: inout [RandomStream]
  ) -> Tensor {
    var open = OpenRows(clean, meeting: criterion, within: neighborhood, using: random)
    defer { random = open.batchStreams }
    var (best, isMet) = attack(&open, within: open.neighborhood, of: victim)
    open.keep(isMet.indices.filter { isMet[$0] })
    guard !open.isEmpty else { return best }
    var brackets = open.neighborhood.budgets.map { (low: Float(0), high: $0) }
    for _ in 0..<bisections {
      let sizes = brackets.map { ($0.low + $0.high) / 2 }
      let found: Tensor
      (found, isMet) = attack(&open, within: open.neighborhood.resized(to: sizes), of: victim)
      for row in sizes.indices {
        if isMet[row] { brackets[row].high = sizes[row] } else { brackets[row].low = sizes[row] }
      }
      let smaller = isMet.indices.filter { isMet[$0] }
      best.replaceRows(at: smaller.map { open.places[$0] }, with: found.rows(at: smaller))
    }
    return best
  }

  private func attack(
    _ open: inout OpenRows, within neighborhood: Neighborhood, of victim: any DifferentiablePolicy
  ) -> (found: Tensor, isMet: [Bool]) {
    let climb = Climb(
      steps: steps, loss: loss, stopsEarly: false,
      rule: SteepestClimb(share: ThreatModel.usualShare(ofSteps: steps)))
    let found = climb.perturb(
      open.clean, of: victim, meeting: open.criterion, within: neighborhood, using: &open.streams)
    let response = open.clean.response(of: victim, at: found, for: open.criterion, using: &open.streams)
    return (found, open.criterion.isMet(by: response))
  }
}

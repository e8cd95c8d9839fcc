/// What is done to a victim, short of what is allowed: an attack, what it wants, when it strikes and how it deals with chance.
public struct AttackPlan: Hashable, Sendable {
  /// The attack and its parameters.
  public var attack: AttackChoice
  /// What it wants.
  public var goal: Goal
  /// When it strikes.
  public var timing: Timing
  /// How many draws of a stochastic victim's randomness each answer is averaged over (Athalye et al. 2018, section 4.2); nil
  /// for a victim that draws nothing.
  public var expectation: Int?
  /// Whether a transform without gradient is taken for the identity on the way back.
  public var isStraightThrough: Bool

  /// A plan.
  /// - Precondition: the expectation is positive.
  public init(
    _ attack: AttackChoice, goal: Goal = .flip, timing: Timing = .everyFrame, expectation: Int? = nil,
    isStraightThrough: Bool = false
  ) {
    precondition(expectation ?? 1 > 0, "an expectation over at least one draw")
    self.attack = attack
    self.goal = goal
    self.timing = timing
    self.expectation = expectation
    self.isStraightThrough = isStraightThrough
  }

  /// What a person should know before believing a result of this plan under a threat model.
  public func warnings(under threat: ThreatModel) -> [String] {
    let others = attack.about.filter { !$0.norms.isEmpty && !$0.norms.contains(threat.norm) }.map {
      "\($0.name) is made for the \($0.norms.map(\.rawValue).joined(separator: " and ")) norm: under the "
        + "\(threat.norm.rawValue) norm what it finds is projected, and weaker than it might be"
    }
    return (threat.warning.map { [$0] } ?? []) + (timing.warning(share: threat.share).map { [$0] } ?? [])
      + others
  }

  /// The plan of an attack as a person writes it, with the usual goal and timing.
  /// - Throws: ``AttackError``.
  public init(_ attack: String) throws(AttackError) { self.init(try AttackChoice(attack)) }
}

extension AttackPlan: CustomStringConvertible {
  /// `pgd:steps=20, timing strategic`: the attack and what is not as usual.
  public var description: String { description(naming: []) }

  /// The same with actions by their names, where there are some.
  public func description(naming actions: [String]) -> String {
    var parts = ["\(attack)"]
    if goal != .flip { parts.append("to \(goal.description(naming: actions))") }
    if timing != .everyFrame { parts.append("timing \(timing)") }
    if let expectation { parts.append("expectation over \(expectation)") }
    if isStraightThrough { parts.append("straight through") }
    return parts.joined(separator: ", ")
  }
}

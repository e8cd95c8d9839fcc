import Policies

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
  /// - Parameter policy: the one that is asked, the surrogate where there is one; nil where it is not known yet.
  public func warnings(under threat: ThreatModel, asking policy: (any Policy)? = nil) -> [String] {
    let draws = expectation.flatMap { count in
      count > 1 && policy is any BoundedPolicy
        ? "the policy draws nothing: an expectation over \(count) draws asks \(count) times for one answer"
        : nil
    }
    let others = attack.about.filter { $0.changesObservations && !$0.norms.contains(threat.norm) }.map {
      "\($0.name) is made for the \($0.norms.map(\.rawValue).joined(separator: " and ")) norm: under the "
        + "\(threat.norm.rawValue) norm what it finds is projected, and weaker than it might be"
    }
    return (threat.warning.map { [$0] } ?? []) + (timing.warning(share: threat.share).map { [$0] } ?? [])
      + others + (draws.map { [$0] } ?? [])
  }

  /// Whether going straight through a policy's transform changes anything: whether the attack needs a gradient that does not
  /// pass.
  public func needsStraightThrough(on policy: any Policy) -> Bool {
    policy is any ObscuredPolicy && attack.needs == .weights
  }

  /// The policy on which the attack searches, straight through its transform where the plan says so. What goes together is checked
  /// before anything is learned or played.
  ///
  /// - Parameter surrogate: the policy on which the attack searches, in place of the victim.
  /// - Throws: ``AttackError`` when the victim or the threat model does not give what the plan needs, or its parts contradict one
  ///   another.
  public func searchedPolicy(
    attacking victim: any Policy, within threat: ThreatModel, searchingOn surrogate: (any Policy)? = nil
  ) throws(AttackError) -> any Policy {
    let needs = surrogate == nil ? attack.needs : min(attack.needs, .actions)
    if needs > threat.knowledge {
      throw AttackError(
        "the attack \"\(attack.joinedNames)\" needs the victim's \(needs.rawValue); the threat model grants "
          + "\(threat.knowledge.rawValue): "
          + AttackCatalog.names(knowing: threat.knowledge, values: false).joined(separator: ", ")
          + (needs > .actions && threat.knowledge >= .actions
            ? "; or search on another policy (--surrogate)" : ""))
    }
    if timing.needs > threat.knowledge {
      throw AttackError(
        "the timing \"\(timing)\" needs the victim's \(timing.needs.rawValue); the threat model grants "
          + "\(threat.knowledge.rawValue): every, every:k or random")
    }
    if goal != .flip, let own = attack.about.first(where: \.hasOwnGoal) {
      throw AttackError(
        own.changesObservations
          ? "the attack \"\(own.name)\" has a goal of its own and takes no other"
          : "the attack \"\(own.name)\" replaces actions, whatever the goal: it takes none")
    }
    let searched = surrogate ?? victim
    // The timing looks at the victim, the goal is pursued where the attack searches.
    if timing.needsValues, !(victim is any ValuingPolicy) {
      throw AttackError(
        "the timing \"\(timing)\" needs a policy with values, a DQN's or one saved with its critic")
    }
    try goal.check(on: searched, knowing: attack.needs)
    guard let obscured = searched as? any ObscuredPolicy, needsStraightThrough(on: searched) else {
      if isStraightThrough {
        throw AttackError(
          "straight-through: the policy has no transform without a gradient, or the attack needs none")
      }
      return searched
    }
    guard isStraightThrough else {
      let others = AttackCatalog.names(knowing: .scores, values: false).filter {
        surrogate == nil || $0 != ActionFlips.about.name
      }
      throw AttackError(
        "the \(surrogate == nil ? "policy" : "surrogate") \(obscured.obscurity), through which no gradient passes: take it for the "
          + "identity on the way back (--straight-through), "
          + (surrogate == nil ? "search on another policy (--surrogate), " : "")
          + "or ask for scores or actions alone: \(others.joined(separator: ", "))")
    }
    return obscured.straightThrough
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

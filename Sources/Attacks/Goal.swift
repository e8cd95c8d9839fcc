import Policies

/// What an attacker wants, whatever the observation; for a batch it becomes a ``Criterion``.
public enum Goal: Hashable, Sendable {
  /// Any other action than the clean one.
  case flip
  /// A given action.
  case reach(Int)
  /// A lower value, by the victim's own estimate.
  case lowerValue
  /// All of several.
  case all([Goal])

  /// The criterion for a batch.
  func criterion(for clean: CleanPass) -> any Criterion {
    switch self {
    case .flip: ActionChange(from: clean.preferences)
    case .reach(let action): ActionReached(Array(repeating: action, count: clean.count))
    case .lowerValue: LowValue()
    case .all(let goals): AllOf(goals.map { $0.criterion(for: clean) })
    }
  }

  /// Checks that it can be pursued.
  /// - Parameters:
  ///   - policy: where the attack searches.
  ///   - knowledge: what the attack knows of it.
  /// - Throws: ``AttackError`` when it wants nothing, or a value that the policy does not have or the attack does not see.
  func check(on policy: any Policy, knowing knowledge: Knowledge) throws(AttackError) {
    if case .all(let goals) = self {
      guard !goals.isEmpty else { throw AttackError("a goal of no parts wants nothing") }
      for goal in goals { try goal.check(on: policy, knowing: knowledge) }
    }
    guard needsValues else { return }
    guard policy is any ValuingPolicy else {
      throw AttackError(
        "the goal \"\(self)\" needs a policy with values, a DQN's or one saved with its critic")
    }
    if knowledge == .actions {
      throw AttackError(
        "the goal \"\(self)\" needs an attack that sees more than actions, which do not tell a lower value")
    }
  }

  /// - Throws: ``AttackError`` when it names an action that the policy does not have.
  func check(ofActions count: Int) throws(AttackError) {
    if let action = actions.first(where: { !(0..<count).contains($0) }) {
      throw AttackError("action \(action) is wanted of a policy that has \(count)")
    }
  }

  /// Whether the victim's value is part of it.
  var needsValues: Bool {
    switch self {
    case .flip, .reach: false
    case .lowerValue: true
    case .all(let goals): goals.contains(where: \.needsValues)
    }
  }

  /// The actions that it names.
  public var actions: [Int] {
    switch self {
    case .flip, .lowerValue: []
    case .reach(let action): [action]
    case .all(let goals): goals.flatMap(\.actions)
    }
  }
}

extension Goal: CustomStringConvertible {
  /// `flip`, `reach action 2`, `lower value`, joined by `and`.
  public var description: String { description(naming: []) }

  /// The same with actions by their names, where there are some: `reach left`.
  public func description(naming actions: [String]) -> String {
    switch self {
    case .flip: "flip"
    case .reach(let action):
      actions.indices.contains(action) ? "reach \(actions[action])" : "reach action \(action)"
    case .lowerValue: "lower value"
    case .all(let goals): goals.map { $0.description(naming: actions) }.joined(separator: " and ")
    }
  }
}

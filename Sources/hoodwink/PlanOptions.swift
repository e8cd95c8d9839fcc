import ArgumentParser
import Attacks
import Environments
import Foundation

/// How an attack is carried out, as options that any attack takes.
struct PlanOptions: ParsableArguments {
  // A negative number must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of steps, of attacks that make steps.", valueName: "n"))
  var steps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The number of starts, of attacks that start again.", valueName: "n"))
  var restarts: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The length of a step: 2/255 or 0.01. (2.5·epsilon/steps)", valueName: "size"))
  var stepSize: String?

  @Option(help: ArgumentHelp("What is climbed: cross-entropy, margin or ratio.", valueName: "name"))
  var loss: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Any parameter of the attack: see hoodwink list attacks NAME. Repeatable.", valueName: "name=value"))
  var settings: [String] = []

  @Flag(help: "Drive the policy to the action that --target names.")
  var targeted = false

  @Option(help: ArgumentHelp("The action that a targeted attack wants, by name.", valueName: "action"))
  var target: String?

  @Flag(help: "Lower the policy's own estimate of its return, too, or alone with --no-flip.")
  var lowerValue = false

  @Flag(help: "With --lower-value: never mind the action.")
  var noFlip = false

  @Option(
    help: ArgumentHelp(
      "When to strike: every, every:k, random, random:p, strategic, strategic:gap, value or value:v.",
      valueName: "when"))
  var timing: Timing = .everyFrame

  @Option(
    help: ArgumentHelp("Average over n draws of a stochastic policy's randomness.", valueName: "n"))
  var expectation: Int?

  @Flag(help: "Take a transform without gradient for the identity on the way back.")
  var straightThrough = false

  func validate() throws {
    try require("expectation", expectation, in: 1...Self.mostDraws)
    if targeted, target == nil { throw ValidationError("--targeted needs the action: --target NAME") }
    if noFlip, !lowerValue { throw ValidationError("--no-flip leaves nothing to want: add --lower-value") }
    if noFlip, target != nil { throw ValidationError("--no-flip and --target contradict one another") }
  }

  /// The most draws of an expectation: more would not be worth their time, within which no signal is heard.
  static let mostDraws = 10_000

  /// Whether none is given.
  var areUsual: Bool {
    steps == nil && restarts == nil && stepSize == nil && loss == nil && settings.isEmpty && target == nil
      && !lowerValue && timing == .everyFrame && expectation == nil && !straightThrough
  }

  /// Finds what is wrong with attacks before the policy is read, whose actions are not yet known.
  func check(_ texts: [String]) throws { _ = try plans(texts, actions: target.map { [$0] } ?? []) }

  /// The plan of an attack as it is written.
  /// - Parameter actions: the names of the policy's actions.
  func plan(_ text: String, actions: [String]) throws -> AttackPlan { try plans([text], actions: actions)[0] }

  /// The plans of several attacks. What is set is set for those of them that have the parameter.
  /// - Parameter actions: the names of the policy's actions.
  func plans(_ texts: [String], actions: [String]) throws -> [AttackPlan] {
    var attacks = try texts.map { try AttackChoice($0) }
    for (name, value) in try parameters() {
      let takers = attacks.indices.filter { attacks[$0].takes(name) }
      guard !takers.isEmpty || attacks.count == 1 else {
        throw Failure(
          "none of the attacks \(texts.joined(separator: ", ")) has a parameter \"\(name)\"",
          status: EX_DATAERR)
      }
      // An attack that is alone says what there is instead.
      for index in takers.isEmpty ? [0] : takers {
        attacks[index] = try attacks[index].setting(name, to: value)
      }
    }
    let goal = try goal(actions: actions)
    return attacks.map {
      AttackPlan(
        $0, goal: goal, timing: timing, expectation: expectation, isStraightThrough: straightThrough)
    }
  }

  /// The parameters that are given, by options of their own and by `--set`.
  private func parameters() throws -> [(name: String, value: String)] {
    let own: [(String, String?)] = [
      ("steps", steps.map { "\($0)" }), ("restarts", restarts.map { "\($0)" }), ("step-size", stepSize),
      ("loss", loss),
    ]
    let further = try settings.map { setting in
      let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      guard sides.count == 2 else { throw Failure("--set takes name=value, not \"\(setting)\"") }
      return (sides[0], sides[1])
    }
    return own.compactMap { name, value in value.map { (name, $0) } } + further
  }

  private func goal(actions: [String]) throws -> Goal {
    var goal = Goal.flip
    if let target {
      guard let action = actions.firstIndex(of: target) else {
        throw Failure("--target: no action \"\(target)\"\(NearestNames.hint(for: target, among: actions))")
      }
      goal = .reach(action)
    }
    if lowerValue { goal = noFlip ? .lowerValue : .all([goal, .lowerValue]) }
    return goal
  }
}

extension Timing: ExpressibleByArgument {
  /// Reads a timing as it is written.
  public init?(argument: String) { self.init(argument) }
}

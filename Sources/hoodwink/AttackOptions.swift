import ArgumentParser
import Attacks
import Environments
import Episodes
import Evaluation
import Foundation
import Policies

/// What an attacker may do, as options.
struct ThreatOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How a perturbation is measured: max, l2 or l1.", valueName: "norm"))
  var norm: ThreatModel.Norm = .max

  @Option(
    help: ArgumentHelp("Which frames of the stack may change: newest or all.", valueName: "which"))
  var frames: ThreatModel.Frames = .newest

  // Here and below a negative number must reach its check instead of being taken for an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Which pixels may change: all, a rectangle as top,left,height,width, or the file of a mask of # and .",
      valueName: "pixels"),
    transform: { try readRegion($0) })
  var region: Region = .all

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of an episode's first t frames at most ⌈share·t⌉ are attacked.", valueName: "x"))
  var share = 1.0

  @Flag(help: "Deliver attacked observations rounded to 8 bits.")
  var quantized = false

  @Option(
    help: ArgumentHelp(
      "What may be known of the policy: weights, scores, actions or nothing.", valueName: "what"))
  var knowledge: Knowledge = .weights

  func validate() throws {
    guard (0...1).contains(share) else { throw ValidationError("--share must be from 0 to 1, not \(share)") }
  }

  func threat(_ epsilon: Epsilon, for space: BoxSpace) -> ThreatModel {
    ThreatModel(
      norm: norm, epsilon: epsilon, range: space.low...space.high, frames: frames, region: region,
      share: share, isQuantized: quantized, knowledge: knowledge)
  }
}

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

/// On what an attack searches, as an option.
struct SurrogateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Search on another policy that sees the same observations (a transfer attack): of the attacked one only its clean action "
        + "is known.", valueName: "policy"))
  var surrogate: String?

  /// The other policy, which sees what the attacked one sees.
  func policy(for subject: NamedPolicy, in folders: ProjectFolders) throws -> (any Policy)? {
    guard let surrogate else { return nil }
    let other = try NamedPolicy(surrogate, in: folders)
    let (own, second) = (subject.file.description, other.file.description)
    guard second.frame == own.frame, second.frames == own.frames else {
      throw Failure("--surrogate \(surrogate): sees other observations than \(subject.name)")
    }
    guard second.actions == own.actions else {
      throw Failure("--surrogate \(surrogate): has other actions than \(subject.name)")
    }
    guard !other.file.policy.network.isRecurrent else {
      throw Failure(
        "--surrogate \(surrogate): remembers, and what it would remember of the other's episodes is not known"
      )
    }
    return other.file.victim
  }
}

/// A region as a person writes it, or the file of a mask.
private func readRegion(_ text: String) throws -> Region {
  if let region = Region(text) { return region }
  guard let mask = try? String(contentsOfFile: text, encoding: .utf8) else {
    throw Failure("neither all, nor top,left,height,width, nor a file that can be read")
  }
  return try Region(maskText: mask)
}

/// Sizes as a person lists them, each once: `1/255,0.03`.
/// - Parameter zero: whether 0 is one.
func readSizes(_ text: String, zero: Bool = true) throws -> [Epsilon] {
  var sizes: [Epsilon] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    guard let size = Epsilon(String(part)), zero || size.value > 0 else {
      throw Failure(
        "--epsilons: \"\(part)\" is not a size: write 8/255 or 0.03, \(zero ? "not negative" : "larger than 0")"
      )
    }
    guard !sizes.contains(where: { $0.description == size.description }) else {
      throw Failure("--epsilons: \"\(size)\" is named twice")
    }
    sizes.append(size)
  }
  return sizes
}

extension ThreatModel.Norm: ExpressibleByArgument {}
extension ThreatModel.Frames: ExpressibleByArgument {}
extension Knowledge: ExpressibleByArgument {}

extension Timing: ExpressibleByArgument {
  /// Reads a timing as it is written.
  public init?(argument: String) { self.init(argument) }
}

extension Epsilon: ExpressibleByArgument {
  /// Reads `8/255` and `0.03`.
  public init?(argument: String) { self.init(argument) }
}

/// Warnings of an attacker for people, once each.
func warn(_ warnings: [String]) {
  var seen: Set<String> = []
  for warning in warnings where seen.insert(warning).inserted {
    StandardError.write("hoodwink: warning: \(warning)\n")
  }
}

import Attacks
import Environments
import Policies

/// Watching a policy with a hand on the controls: what `watch` shows and does, without an outlet and without time.
///
/// A value, and all that it holds are values: every step keeps a snapshot of the episode (environment, generators, camera,
/// frame stack, memory of the policy), so going back is exact, and the same controls give the same bits.
public struct WatchSession: Sendable {
  /// A policy and what it looks at.
  public struct Subject: Sendable {
    /// Its name for people.
    public let name: String
    /// The policy.
    public let policy: any ScoringPolicy
    /// What its scores are.
    public let scores: ScoreKind
    /// Where it acts.
    public let environment: EnvironmentDefinition
    /// How many frames it sees.
    public let frames: Int
    /// The policy on which attacks search, and its name; nil for this one.
    public let surrogate: (name: String, policy: any Policy)?

    /// A policy and what it looks at.
    public init(
      name: String, policy: any ScoringPolicy, scores: ScoreKind, environment: EnvironmentDefinition,
      frames: Int, surrogate: (name: String, policy: any Policy)? = nil
    ) {
      self.name = name
      self.policy = policy
      self.scores = scores
      self.environment = environment
      self.frames = frames
      self.surrogate = surrogate
    }
  }

  /// What stands between camera and agent.
  public struct Settings: Hashable, Sendable {
    /// The attack, and when it strikes.
    public var plan: AttackPlan
    /// Whether it is on.
    public var isAttackOn = true
    /// What it may do.
    public var threat: ThreatModel

    /// A plan under a threat model.
    public init(_ plan: AttackPlan, within threat: ThreatModel) {
      self.plan = plan
      self.threat = threat
    }
  }

  /// Who plays beside whom.
  public enum Company: Sendable {
    /// Nobody.
    case alone
    /// The same policy from the same seed, without the attack.
    case clean
    /// Another policy from the same seed, attacked alike.
    case another(Subject)
  }

  /// The runs at each step that can be gone back to, the last one shown.
  private var moments: History<[WatchedRun]>
  /// What learning attacks learn from follows from this seed.
  private let firstSeed: UInt64
  private var speed = 3
  private var notice: String?
  private var showsHelp = false

  /// Whether time stands still.
  public private(set) var isPaused = false

  /// Steps a second that can be chosen; nil is one for each frame that the outlet shows.
  private static let speeds: [Double?] = [1, 2, 4, 8, 15, 30, nil]

  /// Shows the first step of the episode of a seed.
  ///
  /// - Precondition: all policies act in one environment.
  /// - Throws: `AttackError` when the attack does not exist or cannot work on a policy.
  public init(_ subject: Subject, beside company: Company = .alone, settings: Settings, seed: UInt64) throws {
    var players = [(subject, true)]
    switch company {
    case .alone: break
    case .clean: players.append((subject, false))
    case .another(let other):
      precondition(
        other.environment.id == subject.environment.id, "Policies beside each other share a world.")
      players.append((other, true))
    }
    let runs = try players.map { subject, isOpposed in
      try WatchedRun(subject, isOpposed: isOpposed, settings: settings, seed: seed)
    }
    firstSeed = seed
    // Three copies of an observation a run and moment: the stack, and what is shown of it before and after the attack.
    let space = subject.environment.observationSpace
    let size = 3 * 4 * space.count * subject.frames * runs.count
    moments = History(runs, capacity: min(max((256 << 20) / size, Composition.traceLength), 4000))
  }

  private var runs: [WatchedRun] { moments.now }

  /// What stands between camera and agent at the step that is shown.
  public var settings: Settings { runs[0].settings }

  /// The step that is shown of each run.
  public var steps: [WatchedStep] { runs.map(\.step) }

  /// The seed of the episode that is shown.
  public var seed: UInt64 { runs[0].step.seed }

  /// Whether all runs have ended their episode with the step that is shown.
  public var hasEnded: Bool { runs.allSatisfy(\.hasEnded) }

  /// How many steps a second the person wants; nil for one a frame of the outlet.
  public var stepsPerSecond: Double? { Self.speeds[speed] }

  /// What a person should know of the attack before believing what is shown.
  public var warnings: [String] { runs.flatMap(\.warnings) }

  /// The most steps that an episode can have.
  public var timeLimit: Int { runs[0].subject.environment.rules.timeLimit }

  /// How many steps can be gone back.
  public var stepsBack: Int { moments.count - 1 }

  // MARK: Time

  /// Makes one step in each run whose episode goes on; when all have ended, begins the next seed's.
  /// - Throws: `AttackError` when what an attack proposes breaks the threat model.
  public mutating func advance() throws {
    notice = nil
    if hasEnded { return try begin(seed: seed &+ 1) }
    moments.append(try runs.map { try $0.next() })
  }

  private mutating func begin(seed: UInt64) throws {
    moments.append(try runs.map { try $0.begun(seed: seed) })
  }

  // MARK: Hands on

  /// Does what a control says.
  /// - Returns: what the outlet has to do.
  /// - Throws: `AttackError`.
  public mutating func apply(_ control: WatchControl) throws -> LiveRequest? {
    notice = nil
    switch control {
    case .togglePause: isPaused.toggle()
    case .stepForward:
      isPaused = true
      try advance()
    case .stepBack:
      isPaused = true
      if !moments.goBack() { notice = "no earlier step is kept" }
    case .faster: speed = min(speed + 1, Self.speeds.count - 1)
    case .slower: speed = max(speed - 1, 0)
    case .restart: try begin(seed: seed)
    case .nextSeed: try begin(seed: seed &+ 1)
    case .toggleAttack: try change { $0.isAttackOn.toggle() }
    case .nextAttack: takeNextAttack()
    case .raiseEpsilon:
      try change {
        $0.threat.epsilon = $0.threat.epsilon.larger
        $0.isAttackOn = true
      }
    case .lowerEpsilon:
      try change {
        $0.threat.epsilon = $0.threat.epsilon.smaller
        $0.isAttackOn = true
      }
    case .toggleFrames: try change { $0.threat.frames = $0.threat.frames == .newest ? .all : .newest }
    case .nextTiming: takeNextTiming()
    case .toggleGhost: try toggleGhost()
    case .screenshot: return .screenshot
    case .toggleHelp: showsHelp.toggle()
    case .quit: return .quit
    }
    return nil
  }

  /// Says something at the bottom of the screen until the next step.
  public mutating func notify(_ text: String) { notice = text }

  /// Closes the overlay of keys; false if it was closed.
  mutating func closeHelp() -> Bool {
    defer { showsHelp = false }
    return showsHelp
  }

  /// Makes the step that is shown again under other settings.
  private mutating func change(_ body: (inout Settings) throws -> Void) throws {
    var settings = settings
    try body(&settings)
    moments.now = try runs.map { try $0.remade(under: settings, seed: firstSeed) }
  }

  /// The next attack that works under this threat model.
  private mutating func takeNextAttack() {
    let current = "\(settings.plan.attack)"
    let names = AttackCatalog.names
    let place = names.firstIndex { current == $0 || current.hasPrefix($0 + ":") }
    if !take(first: names, after: place, { $0.plan.attack = try AttackChoice($1) }) {
      notice = "no other attack works on this policy"
    }
  }

  /// The next timing that works: those of the threat model's share where there is one, else some with numbers of their own.
  private mutating func takeNextTiming() {
    let timings: [Timing] =
      settings.threat.share < 1
      ? [.everyFrame, .random(nil), .strategic(nil), .valueGuided(nil)]
      : [.everyFrame, .every(4), .random(0.25), .strategic(0.5)]
    if !take(first: timings, after: timings.firstIndex(of: settings.plan.timing), { $0.plan.timing = $1 }) {
      notice = "no other timing works with this attack"
    }
  }

  /// Takes the first of some choices that works, beginning after a place and going round; false if none does.
  private mutating func take<Choice>(
    first choices: [Choice], after place: Int?, _ set: (inout Settings, Choice) throws -> Void
  ) -> Bool {
    for choice in choices[((place ?? -1) + 1)...] + choices[..<(place ?? 0)] {
      let isTaken: Void? = try? change { settings in
        try set(&settings, choice)
        settings.isAttackOn = true
      }
      if isTaken != nil { return true }
    }
    return false
  }

  private mutating func toggleGhost() throws {
    moments.now = runs.count == 2 ? [runs[0]] : [runs[0], try runs[0].ghost()]
  }

  // MARK: What is shown

  /// The screen of the step that is shown; the hints at the bottom are for live outlets.
  public func screen(isLive: Bool = true) -> WatchedScreen {
    let recent = moments.suffix(Composition.traceLength)
    return WatchedScreen(
      runs: runs.indices.map { index in
        WatchedScreen.Run(
          step: runs[index].step,
          // Before a ghost left it, its run was that of the first.
          trace: recent.map { ($0.count > index ? $0[index] : $0[0]).step.trace })
      },
      status: isLive ? stepsPerSecond.map { "\(Int($0)) steps/s" } ?? "each frame" : "",
      isPaused: isLive && isPaused, notice: notice, hints: isLive ? WatchControl.table.hints() : [],
      help: showsHelp ? WatchControl.table.help() : nil)
  }
}

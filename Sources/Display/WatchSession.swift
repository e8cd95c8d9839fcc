public import Attacks
public import Environments
import Episodes
import Evaluation
public import Policies
import RandomStreams
import Tensors

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
    public let scores: WatchedStep.Scores
    /// Where it acts.
    public let environment: EnvironmentDefinition
    /// How many frames it sees.
    public let frames: Int

    /// A policy and what it looks at.
    public init(
      name: String, policy: any ScoringPolicy, scores: WatchedStep.Scores, environment: EnvironmentDefinition,
      frames: Int
    ) {
      self.name = name
      self.policy = policy
      self.scores = scores
      self.environment = environment
      self.frames = frames
    }
  }

  /// What stands between camera and agent.
  public struct Settings: Hashable, Sendable {
    /// The attack, and when it strikes.
    public var plan: AttackPlan
    /// Whether it is on.
    public var isAttackOn: Bool
    /// What it may do.
    public var threat: ThreatModel

    /// A plan under a threat model.
    public init(_ plan: AttackPlan, isAttackOn: Bool = true, within threat: ThreatModel) {
      self.plan = plan
      self.isAttackOn = isAttackOn
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

  /// One run: its snapshot before the step that is shown, and after it.
  private struct Run: Sendable {
    let subject: Subject
    /// Whether it is attacked while the attack is on.
    let isOpposed: Bool
    /// Made once for its settings, because some attacks learn first; nil while nothing attacks.
    let attacker: Attacker?
    var before: Rollout
    var after: Rollout
    var step: WatchedStep
  }

  /// All runs at one step, and the settings under which they made it.
  private struct Moment: Sendable {
    var settings: Settings
    var runs: [Run]
  }

  /// The moments that can be gone back to, the last one shown.
  private var moments: [Moment]
  private let capacity: Int
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
      let attacker = try Self.attacker(
        against: subject, isOpposed: isOpposed, settings: settings, seed: seed)
      return try Self.begin(
        subject, isOpposed: isOpposed, attacker: attacker, settings: settings, seed: seed)
    }
    moments = [Moment(settings: settings, runs: runs)]
    firstSeed = seed
    // Three copies of an observation a run and moment: the stack, and what is shown of it before and after the attack.
    let space = subject.environment.observationSpace
    let size = 3 * 4 * space.count * subject.frames * runs.count
    capacity = min(max((256 << 20) / size, Composition.traceLength), 4000)
  }

  private var now: Moment { moments[moments.count - 1] }

  /// What stands between camera and agent at the step that is shown.
  public var settings: Settings { now.settings }

  /// The step that is shown of each run.
  public var steps: [WatchedStep] { now.runs.map(\.step) }

  /// The seed of the episode that is shown.
  public var seed: UInt64 { now.runs[0].step.seed }

  /// Whether all runs have ended their episode with the step that is shown.
  public var hasEnded: Bool { now.runs.allSatisfy { !$0.after.isRunning[0] } }

  /// How many steps a second the person wants; nil for one a frame of the outlet.
  public var stepsPerSecond: Double? { Self.speeds[speed] }

  /// What a person should know of the attack before believing what is shown.
  public var warnings: [String] { now.runs.flatMap { $0.attacker?.warnings ?? [] } }

  /// The most steps that an episode can have.
  public var timeLimit: Int { now.runs[0].subject.environment.rules.timeLimit }

  /// How many steps can be gone back.
  public var stepsBack: Int { moments.count - 1 }

  // MARK: Time

  /// Makes one step in each run whose episode goes on; when all have ended, begins the next seed's.
  /// - Throws: `AttackError` when what an attack proposes breaks the threat model.
  public mutating func advance() throws {
    notice = nil
    if hasEnded { return try begin(seed: seed &+ 1) }
    let settings = settings
    try append(
      now.runs.map { run in
        guard run.after.isRunning[0] else { return run }
        return try Self.step(
          run.subject, isOpposed: run.isOpposed, attacker: run.attacker, settings: settings, from: run.after)
      })
  }

  private mutating func begin(seed: UInt64) throws {
    let settings = settings
    try append(
      now.runs.map {
        try Self.begin(
          $0.subject, isOpposed: $0.isOpposed, attacker: $0.attacker, settings: settings, seed: seed)
      })
  }

  private mutating func append(_ runs: [Run]) throws {
    moments.append(Moment(settings: settings, runs: runs))
    if moments.count > capacity { moments.removeFirst(moments.count - capacity) }
  }

  /// What attacks a run; attacks that learn do so as they do for an evaluation from the same seed.
  private static func attacker(
    against subject: Subject, isOpposed: Bool, settings: Settings, seed: UInt64
  ) throws -> Attacker? {
    guard isOpposed && settings.isAttackOn else { return nil }
    return try Evaluation(environment: subject.environment, frames: subject.frames, seed: seed, episodes: 1)
      .attacker(.init(settings.plan, threat: settings.threat), against: subject.policy)
  }

  private static func begin(
    _ subject: Subject, isOpposed: Bool, attacker: Attacker?, settings: Settings, seed: UInt64
  ) throws -> Run {
    var rollout = Rollout(subject.environment.makeVector(count: 1), frames: subject.frames)
    rollout.start(0, seed: seed)
    return try step(subject, isOpposed: isOpposed, attacker: attacker, settings: settings, from: rollout)
  }

  private static func step(
    _ subject: Subject, isOpposed: Bool, attacker: Attacker?, settings: Settings, from before: Rollout
  ) throws -> Run {
    var after = before
    let step = try WatchedStep(subject, attacker: attacker, named: "\(settings.plan)", in: &after)
    return Run(
      subject: subject, isOpposed: isOpposed, attacker: attacker, before: before, after: after, step: step)
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
      if moments.count > 1 { moments.removeLast() } else { notice = "no earlier step is kept" }
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
    let runs = try now.runs.map { run in
      let attacker = try Self.attacker(
        against: run.subject, isOpposed: run.isOpposed, settings: settings, seed: firstSeed)
      return try Self.step(
        run.subject, isOpposed: run.isOpposed, attacker: attacker, settings: settings, from: run.before)
    }
    moments[moments.count - 1] = Moment(settings: settings, runs: runs)
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
    var moment = now
    if moment.runs.count == 2 {
      moment.runs.removeLast()
    } else {
      let run = moment.runs[0]
      moment.runs.append(
        try Self.step(
          run.subject, isOpposed: false, attacker: nil, settings: moment.settings, from: run.before))
    }
    moments[moments.count - 1] = moment
  }

  // MARK: What is shown

  /// The screen of the step that is shown; the hints at the bottom are for live outlets.
  public func screen(isLive: Bool = true) -> WatchedScreen {
    let moment = now
    let recent = moments.suffix(Composition.traceLength)
    return WatchedScreen(
      runs: moment.runs.indices.map { index in
        WatchedScreen.Run(
          title: title(of: moment.runs[index], in: moment), step: moment.runs[index].step,
          // Before a ghost left it, its run was that of the first.
          trace: recent.map { ($0.runs.count > index ? $0.runs[index] : $0.runs[0]).step.trace })
      },
      status: isLive ? stepsPerSecond.map { "\(Int($0)) steps/s" } ?? "each frame" : "",
      isPaused: isLive && isPaused, notice: notice, hints: isLive ? WatchControl.table.hints() : [],
      help: showsHelp ? WatchControl.table.help() : nil)
  }

  private func title(of run: Run, in moment: Moment) -> String {
    let settings = moment.settings
    let attack =
      run.isOpposed && settings.isAttackOn ? "\(settings.plan) \(settings.threat.epsilon)" : "no attack"
    return Set(moment.runs.map(\.subject.name)).count > 1 ? "\(run.subject.name), \(attack)" : attack
  }
}

extension WatchedStep {
  /// Makes one step of a rollout of one lane and keeps what there was to see.
  init(
    _ subject: WatchSession.Subject, attacker: Attacker?, named name: String, in rollout: inout Rollout
  ) throws {
    let space = rollout.stack.frame
    let meaning = FrameImage.ChannelMeaning(of: space)
    let world = meaning == .planes ? FrameImage(rollout.environments.picture(0)) : nil
    let clean = rollout.stack.observations
    let policy = subject.policy
    let attackedBefore = rollout.records[0].attackedFrames
    var value: Float?
    var cleanScores: [Float] = []
    var deliveredScores: [Float] = []
    let step = try rollout.step(
      attacker: attacker,
      choosing: { seen, memory, random in
        // Copies, because looking twice must change nothing.
        func scores(_ observation: Tensor) -> [Float] {
          var (memory, random) = (memory, random)
          return policy.scores(for: observation, memory: &memory, using: &random).elements
        }
        deliveredScores = scores(seen)
        cleanScores = attacker == nil ? deliveredScores : scores(clean)
        if let policy = policy as? any ValuingPolicy {
          var (memory, random) = (memory, random)
          value = policy.values(of: seen, memory: &memory, using: &random).elements[0]
        }
        return policy.act(on: seen, memory: &memory, using: &random)
      })
    let record = rollout.records[0]
    self.init(
      environment: subject.environment.id, policy: subject.name,
      attack: attacker.map {
        Attack(
          name: name, threat: "\($0.threat)", range: $0.threat.norm == .max ? $0.threat.budget : nil,
          isWorking: record.attackedFrames > attackedBefore)
      },
      seed: record.seed ?? 0, step: record.length, episodeReturn: record.episodeReturn,
      ending: step.outcomes[0].ending?.rawValue, clean: FrameImage.frames(of: step.clean, space, meaning),
      delivered: FrameImage.frames(of: step.delivered, space, meaning), world: world,
      actions: subject.environment.actions, scores: subject.scores, cleanScores: cleanScores,
      deliveredScores: deliveredScores, value: value, cleanAction: step.cleanActions[0],
      deliveredAction: step.actions[0],
      flips: record.flips, attackedFrames: record.attackedFrames)
  }
}

extension FrameImage.ChannelMeaning {
  /// What the channels of a space stand for: one is gray, three with the levels of colors are colors, all else planes.
  init(of space: BoxSpace) {
    self =
      space.channels == 1
      ? .gray : space.channels == 3 && space.rawMaxima == [255, 255, 255] ? .rgb : .planes
  }
}

extension FrameImage {
  /// An environment's drawing of itself.
  public init(_ picture: Picture) {
    self.init(
      height: picture.height, width: picture.width, channels: 3, meaning: .rgb,
      values: picture.pixels.flatMap { [$0.red, $0.green, $0.blue].map { Float($0) / 255 } })
  }

  /// The frames of one observation, scaled to [0, 1], the newest last.
  static func frames(of observation: Tensor, _ space: BoxSpace, _ meaning: ChannelMeaning) -> [FrameImage] {
    let (channels, depth) = (space.channels, observation.shape[-1])
    let width = space.high - space.low
    return observation.withElements { elements in
      stride(from: 0, to: depth, by: channels).map { first in
        var values: [Float] = []
        values.reserveCapacity(space.count)
        for pixel in 0..<space.height * space.width {
          for channel in first..<first + channels {
            values.append((elements[pixel * depth + channel] - space.low) / width)
          }
        }
        return FrameImage(
          height: space.height, width: space.width, channels: channels, meaning: meaning, values: values)
      }
    }
  }
}

extension Epsilon {
  /// The sizes that the controls go through, in 255ths.
  private static let ladder: [Double] = [
    0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 255,
  ]

  private var in255ths: Double { numerator / denominator * 255 }

  /// The next larger size of the ladder; beyond its end, twice the size.
  var larger: Epsilon {
    if let next = Self.ladder.first(where: { $0 > in255ths + 1e-9 }) { return Epsilon(next, over: 255) }
    return Epsilon(2 * numerator, over: denominator)
  }

  /// The next smaller size of the ladder; beyond its end, half the size.
  var smaller: Epsilon {
    if in255ths >= 2 * 255 { return Epsilon(numerator / 2, over: denominator) }
    return Epsilon(Self.ladder.last { $0 < in255ths - 1e-9 } ?? 0, over: 255)
  }
}

import Attacks
import Environments
import Episodes
import Evaluation
import Policies
import Tensors

/// One run that is watched: its snapshot before the step that is shown, and after it.
struct WatchedRun: Sendable {
  let subject: WatchSession.Subject
  /// Whether it is attacked while the attack is on.
  let isOpposed: Bool
  /// Under which the step was made.
  let settings: WatchSession.Settings
  /// The step that is shown.
  let step: WatchedStep
  /// Made once for its settings, because some attacks learn first; nil while nothing attacks.
  private let attacker: Attacker?
  private let before: Rollout
  private let after: Rollout

  private init(
    _ subject: WatchSession.Subject, isOpposed: Bool, settings: WatchSession.Settings, attacker: Attacker?,
    from before: Rollout
  ) throws {
    var after = before
    step = try WatchedStep(
      subject, attacker: attacker,
      named: "\(settings.plan)" + (subject.surrogate.map { ", searched on \($0.name)" } ?? ""), in: &after)
    self.subject = subject
    self.isOpposed = isOpposed
    self.settings = settings
    self.attacker = attacker
    self.before = before
    self.after = after
  }

  /// The first step of the episode of a seed; attacks that learn do so as they do for an evaluation from this seed.
  /// - Throws: `AttackError`.
  init(_ subject: WatchSession.Subject, isOpposed: Bool, settings: WatchSession.Settings, seed: UInt64) throws
  {
    try self.init(
      subject, isOpposed: isOpposed, settings: settings,
      attacker: Self.attacker(against: subject, isOpposed: isOpposed, settings: settings, seed: seed),
      from: Self.beginning(of: subject, seed: seed))
  }

  private static func beginning(of subject: WatchSession.Subject, seed: UInt64) -> Rollout {
    var rollout = Rollout(subject.environment.makeVector(count: 1), frames: subject.frames)
    rollout.start(0, seed: seed)
    return rollout
  }

  private static func attacker(
    against subject: WatchSession.Subject, isOpposed: Bool, settings: WatchSession.Settings, seed: UInt64
  ) throws -> Attacker? {
    guard isOpposed && settings.isAttackOn else { return nil }
    return try Evaluation(environment: subject.environment, frames: subject.frames, seed: seed, episodes: 1)
      .attacker(
        .init(settings.plan, threat: settings.threat), against: subject.policy,
        searchingOn: subject.surrogate?.policy)
  }

  /// Whether the step that is shown ended the episode.
  var hasEnded: Bool { !after.isRunning[0] }

  /// What a person should know of the attack before believing what is shown.
  var warnings: [String] { attacker?.warnings ?? [] }

  /// The next step; of an episode that has ended, the last one still.
  func next() throws -> WatchedRun {
    guard !hasEnded else { return self }
    return try WatchedRun(
      subject, isOpposed: isOpposed, settings: settings, attacker: attacker, from: after)
  }

  /// The first step of another episode.
  func begun(seed: UInt64) throws -> WatchedRun {
    try WatchedRun(
      subject, isOpposed: isOpposed, settings: settings, attacker: attacker,
      from: Self.beginning(of: subject, seed: seed))
  }

  /// The step that is shown, made again under other settings.
  /// - Parameter seed: what learning attacks learn from follows from it.
  func remade(under settings: WatchSession.Settings, seed: UInt64) throws -> WatchedRun {
    try WatchedRun(
      subject, isOpposed: isOpposed, settings: settings,
      attacker: Self.attacker(against: subject, isOpposed: isOpposed, settings: settings, seed: seed),
      from: before)
  }

  /// A run that leaves this one at the step that is shown, and is not attacked.
  func ghost() throws -> WatchedRun {
    try WatchedRun(subject, isOpposed: false, settings: settings, attacker: nil, from: before)
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
          name: name, epsilon: $0.threat.epsilon.bothWays,
          limits: $0.threat.descriptionWithoutSize, threatHash: $0.threat.stableHash,
          range: $0.threat.norm == .max ? $0.threat.budget : nil,
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

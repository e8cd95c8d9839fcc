import Environments
import Episodes

/// A person plays: what `play` shows and does, without an outlet and without time.
///
/// An environment with an action that does nothing goes on by itself, as an arcade game does; others wait for a key.
public struct PlaySession: Sendable {
  /// What a key does.
  public enum Control: Hashable, Sendable {
    /// An action of the environment, by its index.
    case act(Int)
    /// To take the last step back.
    case stepBack
    /// To stand still or go on.
    case togglePause
    /// To go faster.
    case faster
    /// To go slower.
    case slower
    /// To begin the episode again.
    case restart
    /// To begin the episode of the next seed.
    case nextSeed
    /// To save what is shown as a PNG file.
    case screenshot
    /// To open or close the overlay of keys.
    case toggleHelp
    /// To end.
    case quit
  }

  /// The state of the episode, and what led to it.
  private struct Moment: Sendable {
    var rollout: Rollout
    var action: Int?
    var ending: Ending?
  }

  /// The keys and what they do; those of the actions depend on the environment.
  public let table: [KeyBinding<Control>]
  private let environment: EnvironmentDefinition
  /// The action of a step for which nothing is pressed; nil where the world waits.
  private let idle: Int?
  private var moments: History<Moment>
  private var speed: Double
  private var isPaused = false
  private var showsHelp = false
  private var notice: String?
  /// The key of an action that is held down.
  private var held: (key: Key, action: Int)?
  /// What was pressed since the last step, which counts also when it was let go since.
  private var pressed: Int?

  /// The beginning of an episode.
  /// - Parameter stepsPerSecond: how fast a world goes on by itself.
  public init(_ environment: EnvironmentDefinition, seed: UInt64, stepsPerSecond: Double = 8) {
    self.environment = environment
    table = Self.table(of: environment.actions)
    idle = environment.actions.firstIndex { ["no-op", "stay"].contains($0) }
    speed = stepsPerSecond
    moments = Self.beginning(of: environment, seed: seed)
  }

  // The way the person moves is the most natural key; the rest as in MiniGrid's manual control, where there is one.
  private static let actionKeys: [String: [Key]] = [
    "left": [.left], "right": [.right], "up": [.up], "down": [.down], "forward": [.up], "fire": [.space],
    "toggle": [.space], "pickup": [.tab], "drop": [.character("d")], "done": [.enter],
  ]

  private static func table(of actions: [String]) -> [KeyBinding<Control>] {
    var lines: [KeyBinding<Control>] = actions.enumerated().map { index, name in
      var keys = actionKeys[name] ?? []
      // Every action has a number, too.
      if index < 10 { keys.append(.character(Character("\(index)"))) }
      return KeyBinding(keys: keys, control: .act(index), meaning: name, hint: keys.count > 1 ? name : nil)
    }
    lines += [
      .init(.character("u"), control: .stepBack, meaning: "take the last step back", hint: "undo"),
      .init(.character("p"), control: .togglePause, meaning: "pause, go on", hint: "pause"),
      .init(.character("+"), .character("="), control: .faster, meaning: "faster"),
      .init(.character("-"), control: .slower, meaning: "slower"),
      .init(.character("r"), control: .restart, meaning: "begin the episode again", hint: "again"),
      .init(.character("n"), control: .nextSeed, meaning: "next seed", hint: "next seed"),
      .init(.character("s"), control: .screenshot, meaning: "save the picture"),
      .init(.character("h"), .character("?"), control: .toggleHelp, meaning: "these keys", hint: "help"),
      .init(.character("q"), .escape, control: .quit, meaning: "quit", hint: "quit"),
    ]
    return lines
  }

  private var now: Moment { moments.now }

  /// What is known of the episode.
  public var record: EpisodeRecord { now.rollout.records[0] }
  /// How the episode ended; nil while it goes on.
  public var ending: Ending? { now.ending }
  /// The seed of the episode.
  public var seed: UInt64 { record.seed ?? 0 }

  private static func beginning(of environment: EnvironmentDefinition, seed: UInt64) -> History<Moment> {
    var rollout = Rollout(environment.makeVector(count: 1), frames: 1)
    rollout.start(0, seed: seed)
    return History(Moment(rollout: rollout), capacity: 2000)
  }

  private mutating func begin(seed: UInt64) {
    // What came before cannot be taken back: a person who begins again has decided.
    moments = Self.beginning(of: environment, seed: seed)
    (held, pressed, notice) = (nil, nil, nil)
  }

  private mutating func act(_ action: Int) throws {
    guard ending == nil else { return }
    var moment = now
    let step = try moment.rollout.step(choosing: { _, _, _ in [action] })
    (moment.action, moment.ending) = (action, step.outcomes[0].ending)
    moments.append(moment)
    notice = nil
  }
}

extension PlaySession: LiveSession {
  /// A world that waits stands still, and so does one whose episode is over.
  public var pace: Pace { idle == nil || isPaused || ending != nil ? .still : .stepsPerSecond(speed) }

  /// The environment, the seed and the step.
  public var pictureName: String { "hoodwink-\(environment.id)-seed-\(seed)-step-\(record.length)" }

  /// Goes on with what is held or was pressed, or with nothing.
  public mutating func advance() throws {
    defer { pressed = nil }
    guard let action = pressed ?? held?.action ?? idle else { return }
    try act(action)
  }

  /// Says something at the bottom of the screen until the next step.
  public mutating func notify(_ text: String) { notice = text }

  /// Does what the table of keys says.
  public mutating func take(_ input: KeyInput) throws -> LiveRequest? {
    switch input {
    case .released(let key):
      if held?.key == key { held = nil }
      return nil
    case .pressed(let key, let isRepeat):
      guard let line = table.first(where: { $0.keys.contains(key) }) else { return nil }
      if case .act(let action) = line.control {
        guard case .stepsPerSecond = pace else {
          try act(action)
          return nil
        }
        (held, pressed) = ((key, action), action)
        return nil
      }
      return isRepeat && line.control != .stepBack ? nil : try apply(line.control)
    }
  }

  private mutating func apply(_ control: Control) throws -> LiveRequest? {
    notice = nil
    switch control {
    case .act(let action): try act(action)
    case .stepBack:
      if idle != nil { isPaused = true }
      if !moments.goBack() { notice = "no earlier step is kept" }
    case .togglePause: isPaused.toggle()
    case .faster: speed = min(speed * 1.5, 60)
    case .slower: speed = max(speed / 1.5, 1)
    case .restart: begin(seed: seed)
    case .nextSeed: begin(seed: seed &+ 1)
    case .screenshot: return .screenshot
    case .toggleHelp: showsHelp.toggle()
    case .quit:
      guard showsHelp else { return .quit }
      showsHelp = false
    }
    return nil
  }

  /// What an agent would see.
  var seen: FrameImage {
    let space = environment.observationSpace
    return FrameImage.frames(of: now.rollout.stack.observations, space, .init(of: space))[0]
  }

  /// The world large, what an agent would see beside it.
  public func draw(keepsLabels: Bool) -> Canvas {
    Composition.draw(
      PlayedScreen(
        environment: environment.id, seed: seed, step: record.length, episodeReturn: record.episodeReturn,
        ending: ending?.rawValue, world: FrameImage(now.rollout.environments.picture(0)),
        seen: seen,
        actions: environment.actions, action: now.action,
        status: idle == nil ? "waits for you" : "\(Int(speed.rounded())) steps/s", isPaused: isPaused,
        notice: notice,
        hints: table.hints(), help: showsHelp ? table.help() : nil), keepsLabels: keepsLabels)
  }
}

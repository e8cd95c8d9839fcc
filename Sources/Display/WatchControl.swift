/// What a hand on the controls of `watch` can do.
public enum WatchControl: Hashable, Sendable, CaseIterable {
  /// To stand still or go on.
  case togglePause
  /// To go one step and stand still.
  case stepForward
  /// To go one step back, to the state and the settings of then, and stand still.
  case stepBack
  /// To go faster.
  case faster
  /// To go slower.
  case slower
  /// To begin the episode again.
  case restart
  /// To begin the episode of the next seed.
  case nextSeed
  /// To switch the attack on or off.
  case toggleAttack
  /// To take the next attack of the catalog that the policy gives access to.
  case nextAttack
  /// To enlarge epsilon.
  case raiseEpsilon
  /// To lessen epsilon.
  case lowerEpsilon
  /// To let the attack change the newest frame or the whole stack.
  case toggleFrames
  /// To let the attack strike at other times.
  case nextTiming
  /// To continue from here without the attack as a run beside this one, or to end the run beside.
  case toggleGhost
  /// To save what is shown as a PNG file.
  case screenshot
  /// To open or close the overlay of keys.
  case toggleHelp
  /// To end.
  case quit

  /// The one table of keys: the help, the README and the outlets read it.
  public static let table: [KeyBinding<WatchControl>] = [
    .init(.space, control: .togglePause, meaning: "pause, go on", hint: "pause"),
    .init(.right, control: .stepForward, meaning: "one step", hint: "step"),
    .init(.left, control: .stepBack, meaning: "one step back", hint: "back"),
    .init(.character("+"), .character("="), control: .faster, meaning: "faster"),
    .init(.character("-"), control: .slower, meaning: "slower"),
    .init(.character("r"), control: .restart, meaning: "begin the episode again", hint: "again"),
    .init(.character("n"), control: .nextSeed, meaning: "next seed", hint: "next seed"),
    .init(.character("a"), control: .toggleAttack, meaning: "attack on, off", hint: "attack"),
    .init(.tab, control: .nextAttack, meaning: "next attack", hint: "next attack"),
    .init(.up, control: .raiseEpsilon, meaning: "larger epsilon", hint: "epsilon"),
    .init(.down, control: .lowerEpsilon, meaning: "smaller epsilon", hint: "epsilon"),
    .init(.character("f"), control: .toggleFrames, meaning: "attack the newest frame, the whole stack"),
    .init(.character("t"), control: .nextTiming, meaning: "attack at other times"),
    .init(
      .character("g"), control: .toggleGhost, meaning: "go on from here without the attack, beside",
      hint: "ghost"),
    .init(.character("s"), control: .screenshot, meaning: "save the picture"),
    .init(.character("h"), .character("?"), control: .toggleHelp, meaning: "these keys", hint: "help"),
    .init(.character("q"), .escape, control: .quit, meaning: "quit", hint: "quit"),
  ]

  /// Whether it happens again and again while its key is held.
  public var repeats: Bool {
    switch self {
    case .stepForward, .stepBack, .faster, .slower, .raiseEpsilon, .lowerEpsilon: true
    default: false
    }
  }

  /// What a key does; nil for nothing.
  public init?(_ key: Key) {
    guard let line = Self.table.first(where: { $0.keys.contains(key) }) else { return nil }
    self = line.control
  }
}

extension WatchSession: LiveSession {
  /// As the person chose, unless time stands still.
  public var pace: Pace {
    isPaused ? .still : stepsPerSecond.map { .stepsPerSecond($0) } ?? .eachFrame
  }

  /// The environment, the seed and the step.
  public var pictureName: String {
    let step = steps[0]
    return "hoodwink-\(step.environment)-seed-\(step.seed)-step-\(step.step)"
  }

  /// Does what the table of keys says. A held key repeats, but it does not pause or switch again and again.
  public mutating func take(_ input: KeyInput) throws -> LiveRequest? {
    guard case .pressed(let key, let isRepeat) = input, let control = WatchControl(key) else { return nil }
    if isRepeat && !control.repeats { return nil }
    if control == .quit && closeHelp() { return nil }
    return try apply(control)
  }

  /// The screen as a canvas.
  public func draw(keepsLabels: Bool) -> Canvas { Composition.draw(screen(), keepsLabels: keepsLabels) }
}

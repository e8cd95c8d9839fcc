/// All that ``Composition`` draws: one run, or two side by side.
public struct WatchedScreen: Hashable, Sendable {
  /// One run up to the step that is shown.
  public struct Run: Hashable, Sendable {
    /// The step that is shown.
    public var step: WatchedStep
    /// What the traces show, the newest last; this step is the last point.
    public var trace: [TracePoint]

    /// A run.
    public init(step: WatchedStep, trace: [TracePoint]) {
      self.step = step
      self.trace = trace
    }
  }

  /// The run that is watched and, where there is one, the run beside it: without the attack, or of another policy that is
  /// attacked alike.
  public var runs: [Run]
  /// How it goes on, for the lower left corner: `8 steps/s`.
  public var status: String
  /// Whether it stands still.
  public var isPaused: Bool
  /// What just happened that cannot be seen otherwise: `saved picture.png`. It takes the place of the hints.
  public var notice: String?
  /// The most useful keys, shown at the bottom; empty where there is no hand at the controls.
  public var hints: [KeyHelp]
  /// The keys of the overlay; nil where it is closed.
  public var help: [KeyHelp]?

  /// A screen of one or two runs.
  public init(
    runs: [Run], status: String = "", isPaused: Bool = false, notice: String? = nil, hints: [KeyHelp] = [],
    help: [KeyHelp]? = nil
  ) {
    precondition((1...2).contains(runs.count), "\(runs.count) runs side by side.")
    self.runs = runs
    self.status = status
    self.isPaused = isPaused
    self.notice = notice
    self.hints = hints
    self.help = help
  }
}

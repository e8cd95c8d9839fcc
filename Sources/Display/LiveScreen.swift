/// A live outlet: a window or a terminal.
@MainActor public protocol LiveScreen: AnyObject {
  /// Whether it has letters of its own, so that canvases keep their labels.
  var keepsLabels: Bool { get }

  /// Ends the wait of ``waitForInput()``. May be called from any thread.
  var wake: @Sendable () -> Void { get }

  /// Shows a canvas of the composition's size.
  /// - Throws: ``DisplayError``.
  func show(_ canvas: Canvas) throws

  /// Sleeps until there are keys, the screen is closed or somebody wakes it; the picture stays whole meanwhile.
  /// - Returns: what happened, in its order; empty when it was woken.
  func waitForInput() throws -> [ScreenInput]
}

extension LiveScreen {
  /// Shows a session until the person ends it.
  ///
  /// A step that is being made when the screen is closed or the session interrupted is not waited for.
  /// - Parameter isInterrupted: asked whenever the screen wakes; true ends it.
  /// - Returns: how long frames took.
  /// - Throws: ``DisplayError``, and what the session throws.
  public func run(
    _ session: some LiveSession, isInterrupted: @Sendable () -> Bool = { false }
  ) throws -> FrameTimes {
    let player = Player(session, keepsLabels: keepsLabels, onNews: wake)
    defer { player.stop() }
    var times = FrameTimes()
    while !isInterrupted() {
      if let news = player.take() {
        switch news {
        case .frame(let canvas, let pace):
          try show(canvas)
          times.count(isRunning: pace == .eachFrame)
        case .quit: return times
        case .failure(let error): throw error
        }
      }
      for input in try waitForInput() {
        guard case .key(let key) = input else { return times }
        player.send(key)
      }
    }
    return times
  }
}

import Display
import Foundation

#if Window
  import Synchronization
#endif

/// Where a session is shown live: a window where the build and the machine have one, else the terminal.
enum LiveOutlet {
  private struct Summary: Encodable {
    let frames: Int
    let medianMilliseconds: Double?
    let slowestHundredthMilliseconds: Double?
    let largestMilliseconds: Double?
  }

  /// Shows a session until the person ends it.
  ///
  /// - Parameters:
  ///   - inTerminal: whether the person asked for the terminal.
  ///   - otherwise: what can be done where there is neither a window nor a terminal.
  /// - Throws: `Failure` where there is neither, and after a signal that is not a person's Ctrl-C.
  static func show(
    _ session: some LiveSession, inTerminal: Bool, json: Bool, otherwise: String? = nil
  ) throws {
    // Commands run on the main thread, which SDL wants.
    let times = try MainActor.assumeIsolated {
      try run(session, inTerminal: inTerminal, otherwise: otherwise)
    }
    let summary = Summary(
      frames: times.frames, medianMilliseconds: times.quantile(0.5),
      slowestHundredthMilliseconds: times.quantile(0.99), largestMilliseconds: times.milliseconds.max())
    if json { return try printJSON(summary) }
    guard let median = summary.medianMilliseconds, let slow = summary.slowestHundredthMilliseconds else {
      return
    }
    print(
      "\(times.milliseconds.count) frames at full speed: "
        + String(format: "%.1f ms between two in the median, %.1f ms or less for 99%%", median, slow))
  }

  @MainActor private static func run(
    _ session: some LiveSession, inTerminal: Bool, otherwise: String?
  ) throws -> FrameTimes {
    var reason: String?
    if !inTerminal {
      #if Window
        do {
          let window = try Window(title: "Hoodwink")
          LostDisplay.isWatched.store(true, ordering: .relaxed)
          defer { LostDisplay.isWatched.store(false, ordering: .relaxed) }
          LostDisplay.listen()
          return try run(session, on: window)
        } catch let error as WindowError {
          reason = "\(error)"
        }
      #else
        reason = "this build has no window (Scripts/watch makes one that has)"
      #endif
    }
    guard isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1 else {
      throw Failure(
        (reason.map { "\($0), and " } ?? "") + "there is no terminal here"
          + (otherwise.map { ": \($0)" } ?? ""),
        status: EX_UNAVAILABLE)
    }
    if let reason {
      StandardError.say("hoodwink: \(reason); going on in the terminal")
    }
    let terminal = try Terminal()
    defer { terminal.close() }
    return try run(session, on: terminal)
  }

  @MainActor private static func run(_ session: some LiveSession, on screen: some LiveScreen) throws
    -> FrameTimes
  {
    let interruption = Interruption(onAsk: screen.wake)
    let times = try screen.run(session, isInterrupted: { interruption.isAsked })
    // Ctrl-C is one of the ways to close what is live, with a window in the foreground of a shell as in the terminal.
    if interruption.isAsked && interruption.status != 128 + SIGINT { throw interruption.failure }
    return times
  }
}

#if Window
  /// Xlib ends the process when its display goes, in the middle of whatever it was asked: then there is a last line to be
  /// said, and nothing to be saved.
  private enum LostDisplay {
    /// Whether the end of the process would be the display's.
    static let isWatched = Atomic<Bool>(false)

    /// Says the last line at the end of the process if it comes while the display is watched.
    static func listen() {
      atexit {
        guard LostDisplay.isWatched.load(ordering: .relaxed) else { return }
        StandardError.say("hoodwink: the display was lost")
        _exit(EX_UNAVAILABLE)
      }
    }
  }
#endif

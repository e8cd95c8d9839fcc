import Dispatch
import Foundation
import Synchronization

/// Makes a session's steps on a thread of its own, so that an outlet answers while an attack takes its time.
///
/// A step is made when it is due and the outlet has taken the frame before: what nobody sees is not computed. While the
/// session stands still, the thread sleeps.
final class Player: Sendable {
  /// What the outlet has to know.
  enum News: Sendable {
    /// The newest canvas, and how fast the session goes on.
    case frame(Canvas, Pace)
    /// The person wants to end.
    case quit
    /// The session cannot go on.
    case failure(any Error)
  }

  private struct State {
    var inputs: [KeyInput] = []
    var news: News?
    var isStopped = false
  }

  private let state = Mutex(State())
  private let wakeUp = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let keepsLabels: Bool
  private let onNews: @Sendable () -> Void

  /// Starts to play.
  /// - Parameter onNews: called on the player's thread when there is something to ``take()``.
  init(_ session: some LiveSession, keepsLabels: Bool, onNews: @escaping @Sendable () -> Void) {
    self.keepsLabels = keepsLabels
    self.onNews = onNews
    let thread = Thread { self.play(session) }
    thread.name = "hoodwink player"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Passes a key on.
  func send(_ input: KeyInput) {
    state.withLock { $0.inputs.append(input) }
    wakeUp.signal()
  }

  /// The newest news, once.
  func take() -> News? {
    let news = state.withLock { state in
      defer { state.news = nil }
      return state.news
    }
    if news != nil { wakeUp.signal() }
    return news
  }

  /// Ends the thread, and waits until the step that it is making is made.
  func stop() {
    state.withLock { $0.isStopped = true }
    wakeUp.signal()
    ended.wait()
  }

  private func play(_ session: some LiveSession) {
    defer { ended.signal() }
    var session = session
    publish(session)
    var due = ContinuousClock.now
    if case .stepsPerSecond(let rate) = session.pace { due += .seconds(1 / rate) }
    while true {
      let (inputs, isTaken, isStopped) = state.withLock { state in
        defer { state.inputs = [] }
        return (state.inputs, state.news == nil, state.isStopped)
      }
      if isStopped { return }
      do {
        var hasChanged = false
        for input in inputs {
          hasChanged = true
          switch try session.take(input) {
          case .quit: return tell(.quit)
          case .screenshot: session.notify(saveScreenshot(of: session))
          case nil: break
          }
        }
        if isTaken, inputs.isEmpty, isDue(session.pace, &due) {
          try session.advance()
          hasChanged = true
        }
        if hasChanged { publish(session) } else { wait(for: session.pace, until: due, isTaken: isTaken) }
      } catch {
        return tell(.failure(error))
      }
    }
  }

  /// Whether the next step is due; if so, `due` becomes the time of the one after it.
  private func isDue(_ pace: Pace, _ due: inout ContinuousClock.Instant) -> Bool {
    let now = ContinuousClock.now
    switch pace {
    case .still: return false
    case .eachFrame: return true
    case .stepsPerSecond(let rate):
      let interval = Duration.seconds(1 / rate)
      // After a pause, or slower than it should be, time lost is not caught up; at a higher speed nobody waits for the
      // end of a slower one's step.
      due = min(due, now + interval)
      guard now >= due else { return false }
      due = max(due + interval, now)
      return true
    }
  }

  private func wait(for pace: Pace, until due: ContinuousClock.Instant, isTaken: Bool) {
    guard isTaken, case .stepsPerSecond = pace else { return wakeUp.wait() }
    let (seconds, attoseconds) = (due - ContinuousClock.now).components
    let nanoseconds = max(0, Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    _ = wakeUp.wait(timeout: .now() + .nanoseconds(nanoseconds))
  }

  private func publish(_ session: some LiveSession) {
    tell(.frame(session.draw(keepsLabels: keepsLabels), session.pace))
  }

  private func tell(_ news: News) {
    state.withLock { $0.news = news }
    onNews()
  }

  /// Saves what is shown in the working folder and says where, or why not.
  private func saveScreenshot(of session: some LiveSession) -> String {
    // A picture that is there already stays.
    let names = (0...).lazy.map { session.pictureName + ($0 == 0 ? "" : "-\($0 + 1)") + ".png" }
    guard let name = names.first(where: { !FileManager.default.fileExists(atPath: $0) }) else { return "" }
    do {
      try PNG.write(session.draw(keepsLabels: false), to: URL(fileURLWithPath: name))
      return "saved \(name)"
    } catch { return "\(error)" }
  }
}

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
    /// How many keys were answered.
    var answers = 0
  }

  private let state = Mutex(State())
  private let wakeUp = DispatchSemaphore(value: 0)
  private let keepsLabels: Bool
  private let onNews: @Sendable () -> Void

  /// Starts to play.
  /// - Parameter onNews: called on the player's thread when there is something to ``take()``. It must not call the player,
  ///   whose lock is held, so that no news comes after a stop.
  init(_ session: some LiveSession, keepsLabels: Bool, onNews: @escaping @Sendable () -> Void) {
    self.keepsLabels = keepsLabels
    self.onNews = onNews
    let thread = Thread { self.play(session) }
    thread.name = "hoodwink player"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Passes a key on. What a held key repeats is left out while keys wait, so that nothing goes on long after it is let go.
  func send(_ input: KeyInput) {
    state.withLock { state in
      if case .pressed(_, isRepeat: true) = input, !state.inputs.isEmpty { return }
      state.inputs.append(input)
    }
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

  /// Ends the thread after the step that it is making, without waiting for it. From here on it tells nothing.
  func stop() {
    state.withLock { $0.isStopped = true }
    wakeUp.signal()
  }

  private func play(_ session: some LiveSession) {
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
          switch try answer(input, with: &session) {
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

  /// Lets the session take a key. Where that takes long, because an attack learns first, the outlet says that it does.
  private func answer(_ input: KeyInput, with session: inout some LiveSession) throws -> LiveRequest? {
    let number = state.withLock { $0.answers }
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { [session] in
      guard self.state.withLock({ $0.answers }) == number else { return }
      var waiting = session
      waiting.notify("working …")
      self.tell(.frame(waiting.draw(keepsLabels: self.keepsLabels), .still), unlessAnswered: number)
    }
    defer { state.withLock { $0.answers += 1 } }
    return try session.take(input)
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

  private func tell(_ news: News, unlessAnswered number: Int? = nil) {
    // All of it under the lock: after `stop` the outlet may be gone.
    state.withLock { state in
      guard !state.isStopped, number ?? state.answers == state.answers else { return }
      state.news = news
      onNews()
    }
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

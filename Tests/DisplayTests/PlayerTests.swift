@testable import Display
import Dispatch
import Synchronization
import Testing

/// The loop between a session on its thread and an outlet, with an outlet in memory.
@Suite struct PlayerTests {
  /// Counts its steps and draws their number; at 'q' it ends, at 'e' it fails.
  private struct Counter: LiveSession {
    struct Failure: Error {}
    var pace: Pace
    var count = 0
    var noticed: [String] = []
    var pictureName: String { "picture" }

    mutating func advance() { count += 1 }
    mutating func notify(_ text: String) { noticed.append(text) }
    func draw(keepsLabels: Bool) -> Canvas {
      var canvas = Canvas(width: 1, height: 1)
      canvas[0, 0] = Color(UInt32(count))
      return canvas
    }
    mutating func take(_ input: KeyInput) throws -> LiveRequest? {
      switch input {
      case .pressed(.character("q"), _): return .quit
      case .pressed(.character("e"), _): throw Failure()
      case .pressed(.space, _): pace = pace == .still ? .eachFrame : .still
      default: count += 1000
      }
      return nil
    }
  }

  private final class Flag: Sendable {
    let value = Atomic<Bool>(false)
  }

  private final class Tally: Sendable {
    let count = Atomic<Int>(0)
  }

  /// Shows into an array; after each frame it says what a script says.
  @MainActor private final class Script: LiveScreen {
    private let semaphore = DispatchSemaphore(value: 0)
    private let inputs: (_ shown: [Int]) -> [ScreenInput]
    private(set) var shown: [Int] = []
    private var asked = 0

    init(_ inputs: @escaping (_ shown: [Int]) -> [ScreenInput]) { self.inputs = inputs }

    var keepsLabels: Bool { false }
    var wake: @Sendable () -> Void { { [semaphore] in semaphore.signal() } }
    func show(_ canvas: Canvas) {
      let color = canvas[0, 0]
      shown.append(Int(color.red) << 16 | Int(color.green) << 8 | Int(color.blue))
    }
    func waitForInput() -> [ScreenInput] {
      if shown.count > asked {
        asked = shown.count
        let inputs = inputs(shown)
        if !inputs.isEmpty { return inputs }
      }
      semaphore.wait()
      return []
    }
  }

  @Test @MainActor func everyStepIsShownAtFullSpeed() throws {
    let screen = Script { $0.count == 200 ? [.closed] : [] }
    let times = try screen.run(Counter(pace: .eachFrame))
    #expect(screen.shown == Array(0..<200))
    #expect(times.frames == 200 && times.milliseconds.count == 199)
    #expect(try #require(times.quantile(0.5)) <= #require(times.quantile(0.99)))
  }

  /// What stands still makes no step: each frame is the answer to a key.
  @Test @MainActor func nothingHappensWhileItStandsStill() throws {
    let screen = Script { shown in
      shown.count <= 5 ? [.key(.pressed(.up))] : [.key(.pressed(.character("q")))]
    }
    let times = try screen.run(Counter(pace: .still))
    #expect(screen.shown == [0, 1000, 2000, 3000, 4000, 5000])
    #expect(times.milliseconds.isEmpty)
  }

  @Test @MainActor func aPauseEndsWhereItBegan() throws {
    let screen = Script { shown in
      switch shown.count {
      case 3, 4: [.key(.pressed(.space))]
      case 8: [.closed]
      default: []
      }
    }
    _ = try screen.run(Counter(pace: .eachFrame))
    // The frame of the pause may come after a step that was under way.
    #expect(screen.shown.count == 8)
    #expect(zip(screen.shown, screen.shown.dropFirst()).allSatisfy { $1 - $0 <= 1 && $1 >= $0 })
  }

  @Test @MainActor func stepsComeAtTheirPace() throws {
    let screen = Script { $0.count == 4 ? [.closed] : [] }
    _ = try screen.run(Counter(pace: .stepsPerSecond(1000)))
    #expect(screen.shown == [0, 1, 2, 3])
  }

  @Test @MainActor func anErrorEndsTheLoop() throws {
    let screen = Script { $0.count == 1 ? [.key(.pressed(.character("e")))] : [] }
    #expect(throws: Counter.Failure.self) { _ = try screen.run(Counter(pace: .still)) }
  }

  /// Makes one step that does not end, as an attack that takes its time, until the gate opens; counts the keys taken.
  private struct Slow: LiveSession {
    let began = DispatchSemaphore(value: 0)
    let gate = DispatchSemaphore(value: 0)
    let taken = Tally()
    var pace = Pace.eachFrame
    var pictureName: String { "picture" }
    var notices: [String] = []

    func work() {
      began.signal()
      gate.wait()
    }
    mutating func advance() { work() }
    mutating func notify(_ text: String) { notices.append(text) }
    func draw(keepsLabels: Bool) -> Canvas {
      var canvas = Canvas(width: 1, height: 1)
      canvas[0, 0] = Color(UInt32(notices.count))
      return canvas
    }
    mutating func take(_ input: KeyInput) -> LiveRequest? {
      if input == .pressed(.character("q")) { return .quit }
      if taken.count.add(1, ordering: .relaxed).oldValue == 0 { work() }
      return nil
    }
  }

  /// Nothing that the session does keeps the outlet from being closed.
  @Test(.timeLimit(.minutes(1))) @MainActor func closingDoesNotWaitForAStep() throws {
    let session = Slow()
    let screen = Script { _ in
      session.began.wait()
      return [.closed]
    }
    #expect(try screen.run(session).frames == 1)
    session.gate.signal()
  }

  @Test(.timeLimit(.minutes(1))) @MainActor func aKeyThatTakesLongIsSaidToBeAtWork() throws {
    let session = Slow(pace: .still)
    let screen = Script { shown in
      if shown.count == 1 { return [.key(.pressed(.tab))] }
      session.gate.signal()
      return shown.count == 3 ? [.closed] : []
    }
    _ = try screen.run(session)
    // While the key is at work, and after it.
    #expect(screen.shown == [0, 1, 0])
  }

  /// A key that is held while a step takes long is not obeyed long after it was let go.
  @Test(.timeLimit(.minutes(1))) @MainActor func repeatsDoNotPileUp() throws {
    let session = Slow(pace: .still)
    let news = DispatchSemaphore(value: 0)
    let player = Player(session, keepsLabels: false, onNews: { news.signal() })
    player.send(.pressed(.right))
    session.began.wait()
    for _ in 0..<20 { player.send(.pressed(.right, isRepeat: true)) }
    player.send(.released(.right))
    session.gate.signal()
    player.send(.pressed(.character("q")))
    while true {
      if case .quit = player.take() { break }
      news.wait()
    }
    #expect(session.taken.count.load(ordering: .relaxed) == 3)
  }

  @Test @MainActor func anInterruptionEndsTheLoop() throws {
    let asked = Flag()
    let screen = Script { shown in
      if shown.count == 3 { asked.value.store(true, ordering: .relaxed) }
      return []
    }
    let wake = screen.wake
    _ = try screen.run(
      Counter(pace: .eachFrame),
      isInterrupted: {
        wake()
        return asked.value.load(ordering: .relaxed)
      })
    #expect(screen.shown.count == 3)
  }
}

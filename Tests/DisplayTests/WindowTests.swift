#if Window
  import CSDL2
  import Display
  import Foundation
  import Testing

  /// On SDL's driver without a screen; one at a time, because all windows share one queue of events.
  @Suite(.serialized) @MainActor struct WindowTests {
    init() {
      SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy")
    }

    private func press(_ key: SDL_KeyCode, isRepeat: Bool = false) {
      var event = SDL_Event()
      event.key.type = SDL_KEYDOWN.rawValue
      event.key.repeat = isRepeat ? 1 : 0
      event.key.keysym.sym = SDL_Keycode(bitPattern: key.rawValue)
      SDL_PushEvent(&event)
    }

    private func push(_ windowEvent: SDL_WindowEventID) {
      var event = SDL_Event()
      event.window.type = SDL_WINDOWEVENT.rawValue
      event.window.event = UInt8(windowEvent.rawValue)
      SDL_PushEvent(&event)
    }

    /// All commands that wait.
    private func commands(of window: Window) -> [Window.Command] {
      var commands: [Window.Command] = []
      while let command = window.nextCommand() { commands.append(command) }
      return commands
    }

    @Test func keysBecomeCommandsInTheirOrder() throws {
      let window = try Window(title: "Test")
      #expect(commands(of: window) == [])
      for key in [SDLK_SPACE, SDLK_a, SDLK_RIGHT, SDLK_ESCAPE, SDLK_LEFT, SDLK_q] { press(key) }
      #expect(commands(of: window) == [.togglePause, .step, .quit, .quit])
      #expect(window.nextCommand() == nil)
    }

    @Test func aHeldKeyStepsButDoesNotFlicker() throws {
      let window = try Window(title: "Test")
      press(SDLK_SPACE, isRepeat: true)
      press(SDLK_RIGHT, isRepeat: true)
      #expect(commands(of: window) == [.step])
    }

    @Test func closingQuits() throws {
      let window = try Window(title: "Test")
      push(SDL_WINDOWEVENT_CLOSE)
      #expect(commands(of: window) == [.quit])
      var event = SDL_Event()
      event.type = SDL_QUIT.rawValue
      SDL_PushEvent(&event)
      #expect(window.waitForCommand(milliseconds: 0) == .quit)
    }

    @Test func waitingSleepsUntilACommandComes() throws {
      let window = try Window(title: "Test")
      try window.show(Composition.emptyCanvas)
      _ = commands(of: window)
      // Neither of these is a command, and neither ends the wait.
      push(SDL_WINDOWEVENT_SIZE_CHANGED)
      press(SDLK_a)
      let clock = ContinuousClock()
      var used: Duration = .zero
      let waited = clock.measure {
        let before = processorTime()
        #expect(window.waitForCommand(milliseconds: 300) == nil)
        used = processorTime() - before
      }
      // SDL counts whole milliseconds, so it may wake a little early.
      #expect(waited >= .milliseconds(290))
      // A loop that never sleeps uses all the time that it gets, a third of it on a busy machine.
      #expect(used < waited / 10, "\(used) of processor time in \(waited)")
      press(SDLK_RIGHT)
      let answered = clock.measure { #expect(window.waitForCommand(milliseconds: 60_000) == .step) }
      #expect(answered < .seconds(30))
    }

    private func processorTime() -> Duration {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    @Test func theCanvasIsOnTheScreen() throws {
      let window = try Window(title: "The canvas is on the screen", width: 64, height: 48)
      let canvas = pattern(width: 64, height: 48)
      try window.show(canvas)
      let handle = try #require(
        (1...1000).lazy.compactMap { SDL_GetWindowFromID($0) }.first {
          String(cString: SDL_GetWindowTitle($0)) == "The canvas is on the screen"
        })
      #expect(SDL_GetWindowFlags(handle) & SDL_WINDOW_RESIZABLE.rawValue != 0)
      var bytes = [UInt8](repeating: 0, count: 3 * 64 * 48)
      let status = SDL_RenderReadPixels(
        SDL_GetRenderer(handle), nil, SDL_PIXELFORMAT_RGB24.rawValue, &bytes, 3 * 64)
      #expect(status == 0)
      #expect(bytes == canvas.bytes)
    }

    @Test func nothingIsLeftWhenItCloses() throws {
      do {
        let first = try Window(title: "First")
        let second = try Window(title: "Second")
        try first.show(Composition.emptyCanvas)
        try second.show(Composition.emptyCanvas)
        #expect(SDL_WasInit(SDL_INIT_VIDEO) != 0)
      }
      #expect(SDL_WasInit(SDL_INIT_VIDEO) == 0)
    }

    @Test func noScreenIsAnError() throws {
      SDL_SetHint(SDL_HINT_VIDEODRIVER, "no such driver")
      let error = #expect(throws: DisplayError.self) { _ = try Window(title: "Test") }
      #expect(error?.description.hasPrefix("Cannot open or draw a window: ") == true)
      #expect(SDL_WasInit(SDL_INIT_VIDEO) == 0)
    }
  }

  extension Composition {
    fileprivate static var emptyCanvas: Canvas { Canvas(width: width, height: height) }
  }
#endif

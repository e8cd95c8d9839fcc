#if Window
  import Attacks
  import CSDL2
  @testable import Display
  import Foundation
  import Testing

  /// On SDL's driver without a screen; one at a time, because all windows share one queue of events.
  @Suite(.serialized) @MainActor struct WindowTests {
    init() {
      SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy")
    }

    private func push(_ symbol: SDL_KeyCode, isRepeat: Bool = false, isUp: Bool = false) {
      var event = SDL_Event()
      event.key.type = (isUp ? SDL_KEYUP : SDL_KEYDOWN).rawValue
      event.key.repeat = isRepeat ? 1 : 0
      event.key.keysym.sym = SDL_Keycode(bitPattern: symbol.rawValue)
      SDL_PushEvent(&event)
    }

    private func push(_ windowEvent: SDL_WindowEventID) {
      var event = SDL_Event()
      event.window.type = SDL_WINDOWEVENT.rawValue
      event.window.event = UInt8(windowEvent.rawValue)
      SDL_PushEvent(&event)
    }

    /// SDL's name for a key, written a second time.
    private func symbol(of key: Key) -> SDL_KeyCode {
      switch key {
      case .space: SDLK_SPACE
      case .enter: SDLK_RETURN
      case .tab: SDLK_TAB
      case .escape: SDLK_ESCAPE
      case .left: SDLK_LEFT
      case .right: SDLK_RIGHT
      case .up: SDLK_UP
      case .down: SDLK_DOWN
      case .character(let character): SDL_KeyCode(UInt32(character.asciiValue ?? 0))
      }
    }

    /// What the window says to what was pushed, without what its opening caused.
    private func inputs(of window: Window, _ body: () -> Void) throws -> [ScreenInput] {
      window.wake()
      _ = try window.waitForInput()
      body()
      window.wake()
      return try window.waitForInput()
    }

    /// From the key on the keyboard to what it does, each line of the table.
    @Test(arguments: WatchControl.table) func everyKeyDoesWhatTheTableSays(line: KeyBinding<WatchControl>)
      throws
    {
      let window = try Window(title: "Test")
      for key in line.keys {
        let heard = try inputs(of: window) { push(symbol(of: key)) }
        #expect(heard == [.key(.pressed(key))])
        var session = try WatchSession.untrained("catch-v1")
        try session.advance()
        var expected = session
        let request = try expected.apply(line.control)
        #expect(try session.take(.pressed(key)) == request)
        #expect(session.screen() == expected.screen())
        #expect(session.pace == expected.pace)
        // What is asked of the outlet changes nothing, all else is seen.
        #expect(
          (request == nil) == (try WatchSession.untrained("catch-v1", steps: 1).screen() != session.screen()))
      }
    }

    @Test func keysComeInTheirOrder() throws {
      let window = try Window(title: "Test")
      let heard = try inputs(of: window) {
        push(SDLK_SPACE)
        push(SDLK_RIGHT, isRepeat: true)
        push(SDLK_LCTRL)
        push(SDLK_RIGHT, isUp: true)
        push(SDLK_F1)
      }
      #expect(
        heard == [
          .key(.pressed(.space)), .key(.pressed(.right, isRepeat: true)), .key(.released(.right)),
          .key(.pressed(.character("h"))),
        ])
    }

    @Test func closingIsHeard() throws {
      let window = try Window(title: "Test")
      #expect(try inputs(of: window) { push(SDL_WINDOWEVENT_CLOSE) } == [.closed])
      let heard = try inputs(of: window) {
        var event = SDL_Event()
        event.type = SDL_QUIT.rawValue
        SDL_PushEvent(&event)
      }
      #expect(heard == [.closed])
      // Neither of these is for the session, and both keep the picture whole.
      try window.show(Canvas(width: Composition.width, height: Composition.height))
      let others = try inputs(of: window) {
        push(SDL_WINDOWEVENT_SIZE_CHANGED)
        push(SDL_WINDOWEVENT_EXPOSED)
      }
      #expect(others == [])
    }

    /// The whole way: keys into the queue, steps on the player's thread, pictures into the window, until q.
    @Test func aSessionRunsInTheWindow() throws {
      let window = try Window(title: "Test")
      for key in [SDLK_SPACE, SDLK_RIGHT, SDLK_a, SDLK_h, SDLK_ESCAPE, SDLK_q] { push(key) }
      let times = try window.run(try WatchSession.untrained("catch-v1"))
      #expect(times.frames >= 0)
      push(SDL_WINDOWEVENT_CLOSE)
      _ = try window.run(try WatchSession.untrained("catch-v1"))
    }

    @Test func theCanvasIsOnTheScreen() throws {
      let window = try Window(title: "The canvas is on the screen")
      let canvas = pattern(width: Composition.width, height: Composition.height)
      try window.show(canvas)
      let handle = try #require(
        (1...1000).lazy.compactMap { SDL_GetWindowFromID($0) }.first {
          String(cString: SDL_GetWindowTitle($0)) == "The canvas is on the screen"
        })
      #expect(SDL_GetWindowFlags(handle) & SDL_WINDOW_RESIZABLE.rawValue != 0)
      var bytes = [UInt8](repeating: 0, count: canvas.bytes.count)
      let status = SDL_RenderReadPixels(
        SDL_GetRenderer(handle), nil, SDL_PIXELFORMAT_RGB24.rawValue, &bytes,
        Int32(3 * canvas.width))
      #expect(status == 0)
      #expect(bytes == canvas.bytes)
    }

    @Test func nothingIsLeftWhenItCloses() throws {
      do {
        let first = try Window(title: "First")
        let second = try Window(title: "Second")
        try first.show(Canvas(width: Composition.width, height: Composition.height))
        try second.show(Canvas(width: Composition.width, height: Composition.height))
        #expect(SDL_WasInit(SDL_INIT_VIDEO) != 0)
      }
      #expect(SDL_WasInit(SDL_INIT_VIDEO) == 0)
    }

    @Test func noScreenIsAnError() throws {
      SDL_SetHint(SDL_HINT_VIDEODRIVER, "no such driver")
      let error = #expect(throws: WindowError.self) { _ = try Window(title: "Test") }
      #expect(error?.description.hasPrefix("no window can be opened (") == true)
      #expect(SDL_WasInit(SDL_INIT_VIDEO) == 0)
    }
  }
#endif

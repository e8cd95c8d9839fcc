#if Window
  import CSDL2

  /// A window on the screen that shows canvases and hears keys. It exists in builds with the package trait `Window`.
  ///
  /// SDL wants all of it on the main thread, so the main actor owns it. It closes when the last reference goes.
  @MainActor
  public final class Window {
    /// What the person at the window asks for.
    public enum Command: Hashable, Sendable {
      /// To end: Q, Escape or the window's close button.
      case quit
      /// To pause, or to go on: the space bar.
      case togglePause
      /// To go one step: the right arrow; again and again while it is held.
      case step
    }

    private let width: Int
    private let height: Int
    private var window: OpaquePointer?
    private var renderer: OpaquePointer?
    private var texture: OpaquePointer?

    /// Opens a window for canvases of `width` by `height` pixels, which it scales when the person resizes it.
    /// - Throws: ``DisplayError`` if there is no screen or SDL cannot draw on it.
    public init(title: String, width: Int = Composition.width, height: Int = Composition.height) throws {
      SDL_SetMainReady()
      guard SDL_InitSubSystem(SDL_INIT_VIDEO) == 0 else { throw Self.error() }
      // From here on every property has a value, so an error below runs `deinit`, which releases what there is.
      self.width = width
      self.height = height

      let centered = Int32(bitPattern: SDL_WINDOWPOS_CENTERED_MASK)
      window = SDL_CreateWindow(
        title, centered, centered, Int32(width), Int32(height), SDL_WINDOW_RESIZABLE.rawValue)
      guard window != nil else { throw Self.error() }
      // The display's pace, so that showing frames cannot take more than the screen shows; where a driver has
      // none, any renderer will do.
      renderer =
        SDL_CreateRenderer(window, -1, SDL_RENDERER_PRESENTVSYNC.rawValue)
        ?? SDL_CreateRenderer(window, -1, 0)
      guard renderer != nil else { throw Self.error() }
      SDL_RenderSetLogicalSize(renderer, Int32(width), Int32(height))
      texture = SDL_CreateTexture(
        renderer, SDL_PIXELFORMAT_RGB24.rawValue, Int32(SDL_TEXTUREACCESS_STREAMING.rawValue), Int32(width),
        Int32(height))
      guard texture != nil else { throw Self.error() }
      // Sizes between the whole factors would show letters with strokes of unequal width otherwise.
      SDL_SetTextureScaleMode(texture, SDL_ScaleModeLinear)
    }

    isolated deinit {
      if let texture { SDL_DestroyTexture(texture) }
      if let renderer { SDL_DestroyRenderer(renderer) }
      if let window { SDL_DestroyWindow(window) }
      SDL_QuitSubSystem(SDL_INIT_VIDEO)
    }

    /// Shows a canvas of the window's size; waits for the screen's next refresh where the driver knows it.
    /// - Throws: ``DisplayError`` if SDL cannot take the picture.
    public func show(_ canvas: Canvas) throws {
      precondition(
        canvas.width == width && canvas.height == height,
        "A canvas of \(canvas.width) x \(canvas.height) in a window for \(width) x \(height).")
      let status = canvas.bytes.withUnsafeBytes { bytes in
        SDL_UpdateTexture(texture, nil, bytes.baseAddress, Int32(3 * width))
      }
      guard status == 0 else { throw Self.error() }
      present()
    }

    /// The oldest command that waits, or nil at once if none does. To be asked between frames until it is nil.
    public func nextCommand() -> Command? {
      var event = SDL_Event()
      while SDL_PollEvent(&event) != 0 {
        if let command = command(of: event) { return command }
      }
      return nil
    }

    /// The next command, or nil if none comes within `milliseconds` (0 or more). The thread sleeps meanwhile; the
    /// picture stays whole if the window is resized or uncovered.
    public func waitForCommand(milliseconds: Int) -> Command? {
      let deadline = SDL_GetTicks64() + UInt64(milliseconds)
      var event = SDL_Event()
      while true {
        let now = SDL_GetTicks64()
        let remaining = now < deadline ? Int32(clamping: deadline - now) : 0
        guard SDL_WaitEventTimeout(&event, remaining) != 0 else { return nil }
        if let command = command(of: event) { return command }
      }
    }

    private func command(of event: SDL_Event) -> Command? {
      switch SDL_EventType(event.type) {
      case SDL_QUIT: return .quit
      case SDL_KEYDOWN: return command(of: event.key)
      case SDL_WINDOWEVENT:
        switch SDL_WindowEventID(UInt32(event.window.event)) {
        case SDL_WINDOWEVENT_CLOSE: return .quit
        case SDL_WINDOWEVENT_EXPOSED, SDL_WINDOWEVENT_SIZE_CHANGED: present()
        default: break
        }
        return nil
      default: return nil
      }
    }

    private func command(of key: SDL_KeyboardEvent) -> Command? {
      switch SDL_KeyCode(UInt32(bitPattern: key.keysym.sym)) {
      case SDLK_q, SDLK_ESCAPE: .quit
      // A held space bar would pause and go on many times a second.
      case SDLK_SPACE: key.repeat == 0 ? .togglePause : nil
      case SDLK_RIGHT: .step
      default: nil
      }
    }

    /// Draws the texture, with black beside it where the window has other proportions.
    private func present() {
      SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255)
      SDL_RenderClear(renderer)
      SDL_RenderCopy(renderer, texture, nil, nil)
      SDL_RenderPresent(renderer)
    }

    private static func error() -> DisplayError {
      DisplayError("Cannot open or draw a window: \(String(cString: SDL_GetError())).")
    }
  }
#endif

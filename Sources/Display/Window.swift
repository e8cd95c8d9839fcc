#if Window
  import CSDL2
  import Foundation

  /// A window on the screen that shows canvases and hears keys. It exists in builds with the package trait `Window`.
  ///
  /// SDL wants all of it on the main thread, so the main actor owns it. It closes when the last reference goes.
  @MainActor
  public final class Window: LiveScreen {
    private var window: OpaquePointer?
    private var renderer: OpaquePointer?
    private var texture: OpaquePointer?
    /// The type of the events that end a wait.
    private let wakeEvent: UInt32

    /// Opens a window for canvases of the composition's size, several times as large on a screen of many pixels; the
    /// person can resize it.
    /// - Throws: ``WindowError`` if there is no screen or SDL cannot draw on it.
    public init(title: String) throws {
      SDL_SetMainReady()
      // Signals are heard by the tool.
      SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1")
      // A window to look at is no reason to keep the screen from its saver, nor other windows from their compositor.
      SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1")
      SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0")
      let isChosen = SDL_GetHint(SDL_HINT_VIDEODRIVER) != nil
      guard isChosen || Self.mayHaveDisplay else { throw Self.missingDisplay }
      guard SDL_InitSubSystem(SDL_INIT_VIDEO) == 0 else { throw Self.openingError() }
      // From here on every property has a value, so an error below runs `deinit`, which releases what there is.
      wakeEvent = SDL_RegisterEvents(1)
      // Where no display answers, SDL goes on to drivers that show nothing or take a machine's console.
      guard isChosen || Self.desktops.contains(String(cString: SDL_GetCurrentVideoDriver())) else {
        throw Self.missingDisplay
      }

      let (width, height) = (Int32(Composition.width), Int32(Composition.height))
      let centered = Int32(bitPattern: SDL_WINDOWPOS_CENTERED_MASK)
      let factor = Self.factor()
      window = SDL_CreateWindow(
        title, centered, centered, factor * width, factor * height,
        SDL_WINDOW_RESIZABLE.rawValue | SDL_WINDOW_ALLOW_HIGHDPI.rawValue | SDL_WINDOW_HIDDEN.rawValue)
      guard window != nil else { throw Self.openingError() }
      // The display's pace, so that showing frames cannot take more than the screen shows; where a driver has
      // none, any renderer will do.
      renderer =
        SDL_CreateRenderer(window, -1, SDL_RENDERER_PRESENTVSYNC.rawValue)
        ?? SDL_CreateRenderer(window, -1, 0)
      guard renderer != nil else { throw Self.openingError() }
      SDL_RenderSetLogicalSize(renderer, width, height)
      texture = SDL_CreateTexture(
        renderer, SDL_PIXELFORMAT_RGB24.rawValue, Int32(SDL_TEXTUREACCESS_STREAMING.rawValue), width, height)
      guard texture != nil else { throw Self.openingError() }
      // Only now, because a renderer may put another window of its kind in the first one's place.
      SDL_ShowWindow(window)
    }

    /// SDL's drivers of a screen with windows.
    private static let desktops: Set = ["x11", "wayland", "cocoa", "windows"]

    /// False where the environment names no display: then nothing is tried that would complain of it.
    private static var mayHaveDisplay: Bool {
      #if os(Linux)
        ["DISPLAY", "WAYLAND_DISPLAY"].contains { ProcessInfo.processInfo.environment[$0]?.isEmpty == false }
      #else
        true
      #endif
    }

    private static let missingDisplay = WindowError("no window can be opened (there is no display)")

    /// The largest whole factor at which a window leaves a tenth of the screen to its frame and to others; at least 1.
    private static func factor() -> Int32 {
      var screen = SDL_Rect()
      guard SDL_GetDisplayUsableBounds(0, &screen) == 0 else { return 1 }
      return max(
        1, min(screen.w * 9 / 10 / Int32(Composition.width), screen.h * 9 / 10 / Int32(Composition.height)))
    }

    isolated deinit {
      if let texture { SDL_DestroyTexture(texture) }
      if let renderer { SDL_DestroyRenderer(renderer) }
      if let window { SDL_DestroyWindow(window) }
      SDL_QuitSubSystem(SDL_INIT_VIDEO)
    }

    /// It has no letters but those of the canvas.
    public var keepsLabels: Bool { false }

    /// Pushes an event of its own.
    public var wake: @Sendable () -> Void {
      let type = wakeEvent
      return {
        var event = SDL_Event()
        event.type = type
        SDL_PushEvent(&event)
      }
    }

    /// Shows a canvas of the composition's size; waits for the screen's next refresh where the driver knows it.
    /// - Throws: ``DisplayError`` if SDL cannot take the picture.
    public func show(_ canvas: Canvas) throws {
      precondition(
        canvas.width == Composition.width && canvas.height == Composition.height,
        "A canvas of \(canvas.width) x \(canvas.height) is not the composition's.")
      let status = canvas.bytes.withUnsafeBytes { bytes in
        SDL_UpdateTexture(texture, nil, bytes.baseAddress, Int32(3 * canvas.width))
      }
      guard status == 0 else { throw Self.error() }
      present()
    }

    /// Sleeps until an event comes, then takes all that wait.
    /// - Throws: ``DisplayError`` if SDL cannot wait.
    public func waitForInput() throws -> [ScreenInput] {
      var event = SDL_Event()
      guard SDL_WaitEvent(&event) != 0 else { throw Self.error() }
      var inputs: [ScreenInput] = []
      repeat {
        if let input = input(of: event) { inputs.append(input) }
      } while SDL_PollEvent(&event) != 0
      return inputs
    }

    private func input(of event: SDL_Event) -> ScreenInput? {
      switch SDL_EventType(event.type) {
      case SDL_QUIT: return .closed
      case SDL_KEYDOWN:
        return Key(event.key.keysym).map { .key(.pressed($0, isRepeat: event.key.repeat != 0)) }
      case SDL_KEYUP: return Key(event.key.keysym).map { .key(.released($0)) }
      case SDL_WINDOWEVENT:
        switch SDL_WindowEventID(UInt32(event.window.event)) {
        case SDL_WINDOWEVENT_CLOSE: return .closed
        case SDL_WINDOWEVENT_EXPOSED, SDL_WINDOWEVENT_SIZE_CHANGED: present()
        default: break
        }
        return nil
      default: return nil
      }
    }

    /// Draws the texture, with black beside it where the window has other proportions.
    private func present() {
      var (outputWidth, outputHeight) = (Int32(0), Int32(0))
      SDL_GetRendererOutputSize(renderer, &outputWidth, &outputHeight)
      // At whole factors every pixel stays a square; between them letters would have strokes of unequal width.
      let factor = min(
        Float(outputWidth) / Float(Composition.width), Float(outputHeight) / Float(Composition.height))
      SDL_SetTextureScaleMode(
        texture, factor == factor.rounded() ? SDL_ScaleModeNearest : SDL_ScaleModeLinear)
      SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255)
      SDL_RenderClear(renderer)
      SDL_RenderCopy(renderer, texture, nil, nil)
      SDL_RenderPresent(renderer)
    }

    private static func openingError() -> WindowError {
      WindowError("no window can be opened (\(String(cString: SDL_GetError())))")
    }

    private static func error() -> DisplayError {
      DisplayError("the window cannot be drawn in: \(String(cString: SDL_GetError()))")
    }
  }

  extension Key {
    /// The key of an event; nil for one that nothing listens to.
    init?(_ symbol: SDL_Keysym) {
      switch SDL_KeyCode(UInt32(bitPattern: symbol.sym)) {
      case SDLK_SPACE: self = .space
      case SDLK_RETURN, SDLK_KP_ENTER: self = .enter
      case SDLK_TAB: self = .tab
      case SDLK_ESCAPE: self = .escape
      case SDLK_LEFT: self = .left
      case SDLK_RIGHT: self = .right
      case SDLK_UP: self = .up
      case SDLK_DOWN: self = .down
      case SDLK_KP_PLUS: self = .character("+")
      case SDLK_KP_MINUS: self = .character("-")
      case SDLK_F1: self = .character("h")
      default:
        // The symbols of printable keys are their characters, without shift.
        guard (33...126).contains(symbol.sym), let scalar = Unicode.Scalar(UInt32(symbol.sym)) else {
          return nil
        }
        self = .character(Character(scalar))
      }
    }
  }
#endif

import Dispatch
import Foundation

/// A terminal that shows canvases in half-block characters with 24-bit color, over ssh too.
///
/// It takes the alternate screen and gives everything back when it closes: the person's screen, the cursor, the line
/// discipline.
@MainActor
public final class Terminal: LiveScreen {
  private let input: Int32
  private let output: Int32
  private var settings = termios()
  private let wakePipe: WakePipe
  private let resized: any DispatchSourceSignal
  private var canvas: Canvas?
  private var shown: TerminalPicture?
  private var pending: [UInt8] = []
  /// Since when the beginning of a sequence waits for its end.
  private var pendingSince: ContinuousClock.Instant?
  /// How long it waits: escape alone is a key.
  private static let patience = Duration.milliseconds(30)
  private var isOpen = true

  /// Takes over a terminal.
  /// - Throws: ``DisplayError`` where the two are no terminal.
  public init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) throws {
    guard isatty(input) == 1, isatty(output) == 1, tcgetattr(input, &settings) == 0 else {
      throw DisplayError("there is no terminal to show pictures in: record them into a file")
    }
    let wakePipe = try WakePipe()
    self.wakePipe = wakePipe
    self.input = input
    self.output = output
    // The default action of SIGWINCH is nothing, so the source alone hears it.
    resized = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: .global())
    // Sendable, or it would be taken for the main actor's.
    resized.setEventHandler { @Sendable in wakePipe.poke() }
    resized.resume()

    var raw = settings
    cfmakeraw(&raw)
    tcsetattr(input, TCSANOW, &raw)
    // The alternate screen, no cursor, no wrapping at the right edge.
    try? write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
  }

  isolated deinit {
    close()
    resized.cancel()
  }

  /// Gives the terminal back as it was. What is printed afterwards appears where the person was before.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    try? write("\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    // Keys that nobody heard are not for the shell. Without waiting: a terminal that has gone would never be ready.
    tcflush(input, TCIFLUSH)
    tcsetattr(input, TCSANOW, &settings)
  }

  /// The terminal's own letters are readable where drawn ones would be too small.
  public var keepsLabels: Bool { true }

  /// Writes into the pipe.
  public var wake: @Sendable () -> Void {
    let wakePipe = wakePipe
    return { wakePipe.poke() }
  }

  /// Shows a canvas as large as the terminal is; only what changed is sent.
  /// - Throws: ``DisplayError`` when the terminal has gone.
  public func show(_ canvas: Canvas) throws {
    self.canvas = canvas
    let (columns, rows) = size
    let picture = TerminalPicture(canvas, columns: columns, rows: rows)
    try write(picture.text(after: shown))
    shown = picture
  }

  private var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Sleeps until keys are pressed, the terminal goes, its size changes or somebody wakes it.
  /// - Throws: ``DisplayError`` when the terminal has gone while it was drawn anew.
  public func waitForInput() throws -> [ScreenInput] {
    // However often somebody wakes this.
    let end = pendingSince.map { $0 + Self.patience }
    let patience = end.map {
      max(0, Int32((ContinuousClock.now.duration(to: $0) / .milliseconds(1)).rounded(.up)))
    }
    var sources = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakePipe.outlet, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&sources, 2, patience ?? -1)
    if count < 0 && errno != EINTR { return [.closed] }
    var isWhole = end.map { $0 <= .now } ?? false
    if sources[1].revents != 0 {
      wakePipe.drain()
      // The size may be what changed.
      if let canvas, let shown, shown.size != size { try show(canvas) }
    }
    if sources[0].revents != 0 {
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = read(input, &bytes, bytes.count)
      // Nothing to read from a terminal that can be read is one that has gone.
      if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return [.closed] }
      pending += bytes.prefix(max(count, 0))
      (isWhole, pendingSince) = (false, nil)
    }
    let keys = TerminalKeys.take(from: &pending, isWhole: isWhole)
    pendingSince = pending.isEmpty ? nil : pendingSince ?? .now
    // A terminal does not tell when a key is let go: none is held.
    return keys.flatMap { heard in
      if case .key(.pressed(let key, _)) = heard { [heard, .key(.released(key))] } else { [heard] }
    }
  }

  private func write(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(output, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var source = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
        _ = poll(&source, 1, -1)
      } else if errno != EINTR {
        throw DisplayError("the terminal was lost: \(String(cString: strerror(errno)))")
      }
    }
  }
}

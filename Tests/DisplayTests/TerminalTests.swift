@testable import Display
import Foundation
import Testing

@Suite struct TerminalTests {
  // MARK: Keys

  /// What a terminal says of keys: that they were let go it does not hear, and so none is held.
  private func tapped(_ keys: Key...) -> [ScreenInput] {
    keys.flatMap { [.key(.pressed($0)), .key(.released($0))] }
  }

  private func keys(_ text: String, isWhole: Bool = false) -> (inputs: [ScreenInput], rest: [UInt8]) {
    var bytes = Array(text.utf8)
    return (TerminalKeys.take(from: &bytes, isWhole: isWhole), bytes)
  }

  @Test(arguments: [
    ("\u{1B}[A", Key.up), ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left), ("\u{1B}OA", .up),
    ("\u{1B}[1;5C", .right), (" ", .space), ("\t", .tab), ("\r", .enter), ("q", .character("q")),
    ("Q", .character("q")), ("+", .character("+")), ("?", .character("?")),
  ])
  func sequencesAreKeys(text: String, key: Key) {
    #expect(keys(text) == ([.key(.pressed(key))], []))
  }

  @Test func escapeAloneIsAKeyWhenNothingFollows() {
    #expect(keys("\u{1B}") == ([], [0x1B]))
    #expect(keys("\u{1B}", isWhole: true) == ([.key(.pressed(.escape))], []))
    #expect(keys("a\u{1B}[") == ([.key(.pressed(.character("a")))], [0x1B, UInt8(ascii: "[")]))
    // A sequence that means nothing is passed over.
    #expect(keys("\u{1B}[15~n") == ([.key(.pressed(.character("n")))], []))
  }

  @Test func controlCCloses() {
    #expect(keys("n\u{3}").inputs == [.key(.pressed(.character("n"))), .closed])
  }

  /// Every key of the tables can be pressed in a terminal.
  @Test func everyKeyHasASequence() throws {
    let sequences: [Key: String] = [
      .space: " ", .tab: "\t", .enter: "\r", .escape: "\u{1B}", .left: "\u{1B}[D", .right: "\u{1B}[C",
      .up: "\u{1B}[A", .down: "\u{1B}[B",
    ]
    let session = PlaySession(try catalog.definition(for: "catch-v1"), seed: 0)
    let tables = WatchControl.table.flatMap(\.keys) + session.table.flatMap(\.keys)
    for key in tables {
      var text = sequences[key] ?? ""
      if case .character(let character) = key { text = String(character) }
      #expect(keys(text, isWhole: true).inputs == [.key(.pressed(key))])
    }
  }

  // MARK: Pictures

  /// Twice 2×2 pixels of one color each over another.
  private func fourColors(keepsLabels: Bool = false) -> Canvas {
    var canvas = Canvas(width: 16, height: 16, keepsLabels: keepsLabels)
    for (index, color) in [Color(0x102030), Color(0x405060), Color(0x708090), Color(0xA0B0C0)].enumerated() {
      canvas.fill(Rectangle(x: index % 2 * 8, y: index / 2 * 8, width: 8, height: 8), with: color)
    }
    return canvas
  }

  @Test func aCellShowsTwoPixels() {
    let picture = TerminalPicture(fourColors(), columns: 2, rows: 1)
    #expect(picture.cells.map(\.character) == ["▀", "▀"])
    #expect(picture.cells.map(\.foreground) == [Color(0x102030), Color(0x405060)])
    #expect(picture.cells.map(\.background) == [Color(0x708090), Color(0xA0B0C0)])
    #expect(
      picture.text(after: nil)
        == "\u{1B}[?2026h\u{1B}[0m\u{1B}[2J\u{1B}[1;1H\u{1B}[38;2;16;32;48m\u{1B}[48;2;112;128;144m▀"
        + "\u{1B}[38;2;64;80;96m\u{1B}[48;2;160;176;192m▀\u{1B}[0m\u{1B}[?2026l")
  }

  @Test func onlyWhatChangedIsSent() {
    let before = TerminalPicture(fourColors(), columns: 8, rows: 4)
    #expect(before.text(after: before) == "\u{1B}[?2026h\u{1B}[0m\u{1B}[?2026l")
    var canvas = fourColors()
    canvas.fill(Rectangle(x: 10, y: 4, width: 2, height: 2), with: Color(0xFFFFFF))
    let after = TerminalPicture(canvas, columns: 8, rows: 4)
    #expect(
      after.text(after: before)
        == "\u{1B}[?2026h\u{1B}[2;6H\u{1B}[38;2;255;255;255m\u{1B}[48;2;64;80;96m▀\u{1B}[0m\u{1B}[?2026l")
    // Another size is another picture.
    #expect(after.text(after: TerminalPicture(canvas, columns: 9, rows: 4)).contains("\u{1B}[2J"))
  }

  @Test func labelsAreLettersOnTheMeanOfWhatIsBelow() {
    var canvas = fourColors(keepsLabels: true)
    canvas.draw("ab", x: 0, y: 0, color: .alarm)
    let picture = TerminalPicture(canvas, columns: 16, rows: 8)
    // The middle of the letters is in the second row.
    #expect(picture.cells[16] == .init(character: "a", foreground: .alarm, background: Color(0x102030)))
    #expect(picture.cells[17].character == "b")
    #expect(picture.cells[18].character == " ")
    var other = fourColors(keepsLabels: true)
    other.draw("c", x: 8, y: 4, color: .alarm)
    let mixed = TerminalPicture(other, columns: 2, rows: 1).cells[1]
    #expect(mixed == .init(character: "c", foreground: .alarm, background: Color(0x708090)))
  }

  /// In sizes from tiny to large, everything that is drawn twice as large as necessary can be read.
  @Test(arguments: [(80, 24), (120, 40), (200, 60), (40, 60), (20, 5), (1, 1)])
  func theScreenFitsTheTerminal(columns: Int, rows: Int) {
    var screen = WatchedScreen.example("paused")
    screen.hints = WatchControl.table.hints()
    let canvas = Composition.draw(screen, keepsLabels: true)
    let picture = TerminalPicture(canvas, columns: columns, rows: rows)
    let lines = (0..<rows).map { row in
      String(picture.cells[row * columns..<(row + 1) * columns].map(\.character))
    }
    #expect(picture.cells.count == columns * rows)
    guard columns >= 80 else { return }
    for text in [
      "catch-v1 · plain", "seed 7  step 3", "return 1.00", "fgsm, epsilon 32/255 (0.1255)",
      "The camera sees",
      "The agent sees", "! right → left", "return", "gap", "paused",
    ] {
      #expect(lines.contains { $0.contains(text) }, "\(text) is not in\n\(lines.joined(separator: "\n"))")
    }
    #expect(lines.joined().contains("▀"))
    // At the bottom no key without its meaning; of many some are left out, but not the last two.
    func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "▀" } }
    let bottom = words(lines.last { $0.contains("paused") } ?? "").dropFirst()
    let possible = (0..<screen.hints.count - 2).map { count in
      (screen.hints.prefix(count) + screen.hints.suffix(2)).flatMap { words("\($0.keys) \($0.meaning)") }
    }
    #expect(possible.contains(Array(bottom)), "\(bottom)")
  }

  /// Two runs have what is theirs in rows of their own, also in the smallest usual terminal.
  @Test(arguments: ["ghost", "rivals"]) func twoRunsFitTheTerminal(kind: String) {
    let canvas = Composition.draw(.example(kind), keepsLabels: true)
    let picture = TerminalPicture(canvas, columns: 80, rows: 24)
    let text = String(picture.cells.map(\.character))
    for fact in ["fgsm, epsilon 32/255 (0.1255)", "return 1.00  step 3  flips 1/3", "The agent sees"] {
      #expect(text.contains(fact), "\(fact) is not in \(text)")
    }
  }

  // MARK: A terminal

  /// A pseudoterminal: what is written to one end appears at the other.
  private struct Pseudoterminal {
    let person: Int32
    let program: Int32

    init() throws {
      // What posix_openpt, unlockpt and ptsname do; Foundation on Linux does not show them.
      person = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var (locked, number) = (Int32(0), Int32(0))
      let (setLock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
      try #require(
        person >= 0 && ioctl(person, setLock, &locked) == 0 && ioctl(person, getNumber, &number) == 0)
      program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
      try #require(program >= 0)
      // Small, because the kernel keeps no more than 4 kB of what nobody reads.
      var size = winsize(ws_row: 8, ws_col: 16, ws_xpixel: 0, ws_ypixel: 0)
      #expect(ioctl(program, UInt(TIOCSWINSZ), &size) == 0)
    }

    func settings() -> termios {
      var settings = termios()
      tcgetattr(program, &settings)
      return settings
    }

    /// What the program has written.
    func read() -> String {
      _ = fcntl(person, F_SETFL, O_NONBLOCK)
      var text: [UInt8] = []
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Foundation.read(person, &bytes, bytes.count)
        guard count > 0 else { break }
        text += bytes.prefix(count)
      }
      return String(decoding: text, as: UTF8.self)
    }

    func type(_ text: String) { _ = Foundation.write(person, text, text.utf8.count) }
  }

  @Test @MainActor func theTerminalIsGivenBack() throws {
    let pseudo = try Pseudoterminal()
    let before = pseudo.settings()
    do {
      let terminal = try Terminal(input: pseudo.program, output: pseudo.program)
      #expect(pseudo.settings().c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
      try terminal.show(fourColors())
      let shown = pseudo.read()
      #expect(shown.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
      #expect(shown.contains("\u{1B}[38;2;16;32;48m"))
      pseudo.type("\u{1B}[Cq")
      #expect(try terminal.waitForInput() == tapped(.right, .character("q")))
      terminal.wake()
      #expect(try terminal.waitForInput() == [])
      pseudo.type("\u{1B}")
      #expect(try terminal.waitForInput() == [])
      #expect(try terminal.waitForInput() == tapped(.escape))
    }
    #expect(pseudo.read().hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
    let after = pseudo.settings()
    #expect(
      after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag && after.c_oflag == before.c_oflag)
  }

  /// Who wakes the terminal for every step does not keep a person from leaving.
  @Test @MainActor func escapeIsHeardHoweverOftenSomebodyWakes() throws {
    let pseudo = try Pseudoterminal()
    let terminal = try Terminal(input: pseudo.program, output: pseudo.program)
    pseudo.type("\u{1B}")
    var heard: [ScreenInput] = []
    for _ in 0..<1_000_000 where heard.isEmpty {
      terminal.wake()
      heard = try terminal.waitForInput()
    }
    #expect(heard == tapped(.escape))
  }

  @Test @MainActor func aTerminalThatGoesCloses() throws {
    let pseudo = try Pseudoterminal()
    let terminal = try Terminal(input: pseudo.program, output: pseudo.program)
    close(pseudo.person)
    #expect(try terminal.waitForInput() == [.closed])
    #expect(throws: DisplayError.self) { try terminal.show(fourColors()) }
  }

  @Test @MainActor func aPipeIsNoTerminal() throws {
    let pipe = Pipe()
    let error = #expect(throws: DisplayError.self) {
      _ = try Terminal(
        input: pipe.fileHandleForReading.fileDescriptor, output: pipe.fileHandleForWriting.fileDescriptor)
    }
    #expect(error?.description.hasPrefix("there is no terminal") == true)
  }

  /// The whole way: keys typed, steps on the player's thread, pictures in the terminal, until q.
  @Test @MainActor func aSessionRunsInTheTerminal() throws {
    let pseudo = try Pseudoterminal()
    let terminal = try Terminal(input: pseudo.program, output: pseudo.program)
    // Somebody must read what is written.
    let reader = Thread {
      var bytes = [UInt8](repeating: 0, count: 4096)
      while Foundation.read(pseudo.person, &bytes, bytes.count) > 0 {}
    }
    reader.start()
    pseudo.type(" \u{1B}[C\u{1B}[Cq")
    _ = try terminal.run(try WatchSession.untrained("catch-v1"))
    terminal.close()
    #expect(pseudo.settings().c_lflag & tcflag_t(ICANON) != 0)
  }
}

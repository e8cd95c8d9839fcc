import Foundation

/// Progress on standard error: one line that changes on a terminal, a plain line every tenth elsewhere.
struct ProgressLine {
  private let title: String
  private let unit: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now
  private var shown = ContinuousClock.now
  private var tenth = 0
  /// What was done before, and says nothing of the rate.
  private var skipped = 0
  /// Since when the rate is measured.
  private var rateStart = ContinuousClock.now

  init(_ title: String, unit: String) {
    self.title = title
    self.unit = unit
  }

  /// Some of the work was done before.
  mutating func skip(_ done: Int, of total: Int) {
    skipped += done
    tenth = skipped * 10 / max(total, 1)
  }

  /// From here on the work is of another kind: its rate is its own.
  mutating func changePace(at done: Int) {
    skipped = done
    rateStart = clock.now
  }

  private var seconds: Double { Self.seconds(clock.now - start) }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  /// Shows how far the work is, if it is time to.
  mutating func update(_ done: Int, of total: Int, _ details: @autoclosure () -> String = "") {
    let isTime =
      isTerminal
      ? Self.seconds(clock.now - shown) > 0.1 || done == 0 : done * 10 / max(total, 1) > tenth
    guard isTime else { return }
    shown = clock.now
    tenth = done * 10 / max(total, 1)
    show(done, total, details())
  }

  /// Shows the end, unless a plain line has shown it already.
  func finish(_ done: Int, of total: Int, _ details: String = "") {
    if isTerminal || done < total || tenth < 10 { show(done, total, details) }
    if isTerminal { StandardError.write("\n") }
  }

  /// Shows how much is done where nobody knows how much there is; on a terminal only.
  mutating func count(_ done: Int) {
    guard isTerminal, Self.seconds(clock.now - shown) > 0.1 else { return }
    shown = clock.now
    showCount(done)
  }

  /// Shows how much was done.
  func finishCount(_ done: Int) {
    showCount(done)
    if isTerminal { StandardError.write("\n") }
  }

  private func showCount(_ done: Int) {
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let line = "\(title)  \(done) \(unit)  \(Self.text(rate)) \(unit)/s  \(String(format: "%.1f s", seconds))"
    write(line)
  }

  /// On a terminal what does not fit into one row is cut: the next line would leave the others standing.
  private func write(_ line: String) {
    guard isTerminal else { return StandardError.write(line + "\n") }
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    StandardError.write("\r\u{1B}[K" + line.prefix(isKnown ? Int(size.ws_col) - 1 : 79))
  }

  /// A rate; of a slow one the first decimals.
  private static func text(_ rate: Double) -> String {
    rate < 10 ? String(format: "%.2f", rate) : "\(Int(rate))"
  }

  private func show(_ done: Int, _ total: Int, _ details: String) {
    let share = min(Double(done) / Double(max(total, 1)), 1)
    let rate = Double(done - skipped) / max(Self.seconds(clock.now - rateStart), 1e-9)
    let left = rate > 0 ? String(format: "%.0f s", Double(max(total - done, 0)) / rate) : "–"
    let filled = Int(share * 20)
    let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 20 - filled)
    let time = done >= total ? String(format: "%.1f s", seconds) : "\(left) left"
    let line =
      "\(title)  \(bar) \(String(format: "%3.0f", share * 100))%  \(done)/\(total) \(unit)"
      + "  \(Self.text(rate)) \(unit)/s  \(time)" + (details.isEmpty ? "" : "  \(details)")
    write(line)
  }
}

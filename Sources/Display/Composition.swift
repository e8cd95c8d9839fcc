import Foundation

/// The screen of `watch`: draws a ``WatchedScreen`` into a canvas of 960 by 540, whatever the outlet.
///
/// From top to bottom: what is watched; camera + perturbation = what the agent sees; the preferences of the policy with and
/// without the attack beside the traces of the last steps; what can be done.
public enum Composition {
  /// The width of the canvas.
  public static let width = 960
  /// The height of the canvas.
  public static let height = 540

  static let margin = 16
  static let bottom = 512

  /// The canvas that shows a screen.
  /// - Parameter keepsLabels: whether text is kept beside the picture instead of being drawn into it.
  public static func draw(_ screen: WatchedScreen, keepsLabels: Bool = false) -> Canvas {
    var canvas = Canvas(width: width, height: height, color: .background, keepsLabels: keepsLabels)
    if screen.runs.count == 1 {
      drawAlone(screen.runs[0], on: &canvas)
    } else {
      drawBeside(screen.runs[0], screen.runs[1], on: &canvas)
    }
    drawFooter(
      status: screen.status, isPaused: screen.isPaused, notice: screen.notice, hints: screen.hints,
      on: &canvas)
    if let help = screen.help { drawHelp(help, on: &canvas) }
    return canvas
  }

  private static func drawAlone(_ run: WatchedScreen.Run, on canvas: inout Canvas) {
    let step = run.step
    let right = width - margin
    drawHeader(of: step, on: &canvas)
    let panelsBottom = drawPanels(of: step, on: &canvas)
    let top = panelsBottom + 30
    let middle = width / 2 - 4
    drawPreferences(
      of: step, in: Rectangle(x: margin, y: top, width: middle - margin - 12, height: bottom - top),
      on: &canvas)
    drawTraces(
      run.trace, of: step,
      in: Rectangle(x: middle + 12, y: top, width: right - middle - 12, height: bottom - top), on: &canvas)
  }

  private static func drawBeside(
    _ first: WatchedScreen.Run, _ second: WatchedScreen.Run, on canvas: inout Canvas
  ) {
    let room = (width - 2 * margin - 24) / 2
    let isOnePolicy = first.step.policy == second.step.policy
    drawSharedHeader(of: first.step, second.step, on: &canvas)
    canvas.fill(Rectangle(x: width / 2, y: 40, width: 1, height: bottom - 40), with: .line)
    let isTall = [first, second].contains { $0.step.world != nil || $0.step.clean.count > 1 }
    let preferences = isTall ? 342 : 306
    for (run, left) in [(first, margin), (second, width - margin - room)] {
      let step = run.step
      drawOwnHeader(of: step, isOnePolicy: isOnePolicy, from: left, width: room, on: &canvas)
      drawBesidePanels(of: step, from: left, width: room, on: &canvas)
      drawPreferences(
        of: step, in: Rectangle(x: left, y: preferences, width: room, height: 428 - preferences), on: &canvas)
      drawTraces(
        run.trace, of: step, in: Rectangle(x: left, y: 434, width: room, height: bottom - 434),
        isTitled: false, on: &canvas)
    }
  }

  /// How it goes on, and what just happened or can be done.
  static func drawFooter(
    status: String, isPaused: Bool, notice: String?, hints: [KeyHelp], on canvas: inout Canvas
  ) {
    let y = bottom + 10
    var x = margin
    // Letters of a terminal of 80 columns are as wide as large print.
    let spacing = canvas.keepsLabels ? 2 : 1
    if isPaused || !status.isEmpty {
      let columns = isPaused ? [0, 1, 2, 6, 7, 8] : Array(0..<5)
      for column in columns {
        // Two bars, or a triangle.
        let inset = isPaused ? 0 : column * 4 / 5
        canvas.fill(Rectangle(x: x + column, y: y + inset, width: 1, height: 8 - 2 * inset), with: .text)
      }
      let status = isPaused ? "paused" : status
      canvas.draw(status, x: x + 14, y: y, color: .text)
      x += 30 + max(80, Canvas.textWidth(status, scale: spacing))
    }
    if let notice {
      canvas.draw(notice, x: x, y: y, color: .text, width: width - margin - x)
      return
    }
    var hints = hints
    func extent(of hint: KeyHelp) -> Int {
      Canvas.textWidth("\(hint.keys) \(hint.meaning)", scale: spacing) + 16
    }
    // The last two, which tell the rest and the way out, are there to the end.
    while hints.count > 2, hints.reduce(x - 16, { $0 + extent(of: $1) }) > width - margin {
      hints.remove(at: hints.count - 3)
    }
    for hint in hints {
      canvas.draw(hint.keys, x: x, y: y, color: .text)
      canvas.draw(
        hint.meaning, x: x + Canvas.textWidth("\(hint.keys) ", scale: spacing), y: y, color: .secondaryText)
      x += extent(of: hint)
    }
  }

  static func drawHelp(_ help: [KeyHelp], on canvas: inout Canvas) {
    let lineHeight = min(24, (height - 130) / max(help.count, 1))
    let keyWidth = (help.map { Canvas.textWidth($0.keys, scale: 2) }.max() ?? 0) + 24
    let meaningWidth = help.map { Canvas.textWidth($0.meaning, scale: 2) }.max() ?? 0
    let size = (width: min(width - 40, keyWidth + meaningWidth + 48), height: lineHeight * help.count + 74)
    let box = Rectangle(
      x: (width - size.width) / 2, y: (height - size.height) / 2, width: size.width, height: size.height)
    canvas.clearLabels(in: box)
    canvas.fill(box, with: .surface)
    canvas.outline(box, with: .line, thickness: 2)
    canvas.draw("Keys", x: box.x + 24, y: box.y + 20, color: .text, scale: 2)
    for (index, line) in help.enumerated() {
      let y = box.y + 54 + index * lineHeight
      canvas.draw(line.keys, x: box.x + 24, y: y, color: .clean, scale: 2)
      canvas.draw(
        line.meaning, x: box.x + 24 + keyWidth, y: y, color: .text, scale: 2,
        width: size.width - keyWidth - 40)
    }
  }

  static func number(_ value: Double, digits: Int = 2) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value > 0 ? "inf" : "-inf" }
    return String(format: "%.\(digits)f", value)
  }

  static func threeDigits(_ value: Float) -> String { String(format: "%.3g", Double(value)) }

  /// A number in little room, at most six characters: 0.12, 3.41, 31.9, 128, 4e+05.
  static func brief(_ value: Float) -> String {
    switch abs(value) {
    case ..<9.995: number(Double(value))
    case ..<99.95: number(Double(value), digits: 1)
    case ..<9999.5: number(Double(value), digits: 0)
    default: value.isFinite ? String(format: "%.0e", Double(value)) : number(Double(value))
    }
  }
}

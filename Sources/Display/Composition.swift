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
    let progress = progress(of: step)
    canvas.draw(progress, endingAt: right, y: 12, color: .text, scale: 2)
    let subject = "\(step.environment) · \(step.policy)"
    let room = right - margin - 24 - Canvas.textWidth(progress, scale: 2)
    drawFitting(subject, x: margin, y: 12, color: .text, width: room, on: &canvas)
    let flips = flips(of: step)
    canvas.draw(flips, endingAt: right, y: 36, color: .secondaryText, scale: 2)
    let attackRoom = right - margin - 24 - Canvas.textWidth(flips, scale: 2)
    let end = drawFitting(
      attack(of: step), x: margin, y: 36, color: .secondaryText, width: attackRoom, on: &canvas)
    if let limits = step.attack?.limits {
      canvas.draw(
        limits, x: end + 14, y: 43, color: .secondaryText, width: margin + attackRoom - end - 14)
    }
    canvas.fill(Rectangle(x: margin, y: 59, width: width - 2 * margin, height: 1), with: .line)

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
    let environment = first.step.environment
    let isOnePolicy = first.step.policy == second.step.policy
    let seed = "seed \(first.step.seed)"
    canvas.draw(seed, endingAt: width - margin, y: 12, color: .secondaryText, scale: 2)
    drawFitting(
      isOnePolicy ? "\(environment) · \(first.step.policy)" : environment, x: margin, y: 12, color: .text,
      width: width - 2 * margin - 24 - Canvas.textWidth(seed, scale: 2), on: &canvas)
    canvas.fill(Rectangle(x: margin, y: 34, width: width - 2 * margin, height: 1), with: .line)
    canvas.fill(Rectangle(x: width / 2, y: 42, width: 1, height: bottom - 42), with: .line)
    let isTall = [first, second].contains { $0.step.world != nil || $0.step.clean.count > 1 }
    let preferences = isTall ? 342 : 306
    for (run, left) in [(first, margin), (second, width - margin - room)] {
      let step = run.step
      let title = isOnePolicy ? attack(of: step) : "\(step.policy), \(attack(of: step))"
      drawFitting(title, x: left, y: 42, color: .text, width: room, on: &canvas)
      drawFitting(
        "return \(number(step.episodeReturn))  step \(step.step)"
          + (step.ending.map { "  \($0)" } ?? (step.attack == nil ? "" : "  flips \(step.flips)")),
        x: left, y: 62, color: .secondaryText, width: room, on: &canvas)
      drawBesidePanels(of: step, from: left, width: room, on: &canvas)
      drawPreferences(
        of: step, in: Rectangle(x: left, y: preferences, width: room, height: 428 - preferences), on: &canvas)
      drawTraces(
        run.trace, of: step, in: Rectangle(x: left, y: 434, width: room, height: bottom - 434),
        isTitled: false, on: &canvas)
    }
  }

  /// Seed, step and return.
  private static func progress(of step: WatchedStep) -> String {
    let ending = step.ending.map { "\($0)  " } ?? ""
    return "\(ending)seed \(step.seed)  step \(step.step)  return \(number(step.episodeReturn))"
  }

  private static func attack(of step: WatchedStep) -> String {
    step.attack.map { "\($0.name), epsilon \($0.epsilon)" } ?? "no attack"
  }

  /// Draws a text at scale 2 where it fits; what is too long is drawn small rather than cut.
  /// - Returns: where it ends.
  @discardableResult private static func drawFitting(
    _ text: String, x: Int, y: Int, color: Color, width: Int, on canvas: inout Canvas
  ) -> Int {
    let scale = Canvas.textWidth(text, scale: 2) <= width ? 2 : 1
    let shown = Canvas.shortened(text, scale: scale, width: width)
    canvas.draw(shown, x: x, y: scale == 2 ? y : y + 7, color: color, scale: scale)
    return x + Canvas.textWidth(shown, scale: scale)
  }

  private static func flips(of step: WatchedStep) -> String {
    guard step.attackedFrames > 0 else { return "" }
    let share = 100 * Double(step.flips) / Double(step.attackedFrames)
    return "flips \(step.flips)/\(step.attackedFrames) (\(number(share, digits: 0))%)"
  }

  /// How it goes on, and what just happened or can be done.
  static func drawFooter(
    status: String, isPaused: Bool, notice: String?, hints: [KeyHelp], on canvas: inout Canvas
  ) {
    let y = bottom + 10
    var x = margin
    if isPaused || !status.isEmpty {
      let columns = isPaused ? [0, 1, 2, 6, 7, 8] : Array(0..<5)
      for column in columns {
        // Two bars, or a triangle.
        let inset = isPaused ? 0 : column * 4 / 5
        canvas.fill(Rectangle(x: x + column, y: y + inset, width: 1, height: 8 - 2 * inset), with: .text)
      }
      canvas.draw(isPaused ? "paused" : status, x: x + 14, y: y, color: .text)
      x += 110
    }
    if let notice {
      canvas.draw(notice, x: x, y: y, color: .text, width: width - margin - x)
      return
    }
    for hint in hints {
      let end = x + Canvas.textWidth(hint.keys) + 6 + Canvas.textWidth(hint.meaning)
      guard end <= width - margin else { break }
      canvas.draw(hint.keys, x: x, y: y, color: .text)
      canvas.draw(hint.meaning, x: x + Canvas.textWidth(hint.keys) + 6, y: y, color: .secondaryText)
      x = end + 16
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

import Foundation

/// The screen of `watch`: draws a ``WatchedStep`` into a canvas of 960 by 540.
///
/// From top to bottom: what is watched; camera + perturbation = what the agent sees; the policy's scores of both;
/// what the attack has done so far.
public enum Composition {
  /// The width of the canvas.
  public static let width = 960
  /// The height of the canvas.
  public static let height = 540
  /// Where the frame is that the camera sees. A frame is drawn in the middle of its panel, as large as a whole
  /// scale factor allows.
  public static let cameraPanel = Rectangle(x: margin, y: panelTop, width: panelSize, height: panelSize)
  /// Where the perturbation is.
  public static let perturbationPanel = Rectangle(
    x: (width - panelSize) / 2, y: panelTop, width: panelSize, height: panelSize)
  /// Where the frame is that the agent sees.
  public static let agentPanel = Rectangle(
    x: width - margin - panelSize, y: panelTop, width: panelSize, height: panelSize)
  /// Where the bars of the scores are, with the names of the actions and the marks of the chosen ones.
  public static let scoresPanel = Rectangle(x: margin, y: 400, width: width - 2 * margin, height: 96)

  private static let margin = 24
  private static let panelTop = 92
  private static let panelSize = 256

  /// The canvas that shows a step.
  public static func draw(_ step: WatchedStep) -> Canvas {
    var canvas = Canvas(width: width, height: height, color: .background)
    drawHeader(of: step, on: &canvas)
    drawPanels(of: step, on: &canvas)
    drawLegend(of: step, on: &canvas)
    drawScores(of: step, on: &canvas)
    drawFooter(of: step, on: &canvas)
    return canvas
  }

  private static func drawHeader(of step: WatchedStep, on canvas: inout Canvas) {
    let progress = "step \(step.step)  return \(number(step.returnSoFar))"
    let progressLeft = width - margin - Canvas.textWidth(progress, scale: 2)
    canvas.draw(progress, x: progressLeft, y: 12, color: .text, scale: 2)
    canvas.draw(
      step.environment, x: margin, y: 12, color: .text, scale: 2, width: progressLeft - 2 * margin)
    // The policy last: a long name may be cut, the attack and its budget may not.
    let line = "attack \(step.attack)  epsilon \(step.epsilonText)  policy \(step.policy)"
    canvas.draw(line, x: margin, y: 34, color: .secondaryText, scale: 2, width: width - 2 * margin)
    canvas.fill(Rectangle(x: margin, y: 57, width: width - 2 * margin, height: 1), with: .line)
  }

  private static func drawPanels(of step: WatchedStep, on canvas: inout Canvas) {
    let perturbation = Perturbation(step)
    let shape = "\(step.clean.height) x \(step.clean.width) x \(step.clean.channels)"
    let stride = draw([step.world ?? step.clean], in: cameraPanel, on: &canvas)
    draw(
      title: step.world == nil ? "The camera sees" : "The world",
      caption: stride == 1 ? shape : "\(shape), every \(stride). pixel drawn",
      of: cameraPanel, on: &canvas)

    draw(perturbation.images, in: perturbationPanel, on: &canvas)
    let range = threeDigits(perturbation.range)
    let isAttacked = step.epsilon > 0
    draw(
      title: isAttacked ? "Perturbation x\(threeDigits(perturbation.amplification))" : "Perturbation",
      caption: isAttacked ? "black -\(range)  gray 0  white +\(range)" : "gray 0: no budget to perturb",
      of: perturbationPanel, on: &canvas)

    draw([step.delivered], in: agentPanel, on: &canvas)
    let changed = "\(perturbation.changedEntries) of \(perturbation.changes.count) changed"
    draw(
      title: "The agent sees",
      caption: "\(changed), largest \(threeDigits(perturbation.largestChange))",
      of: agentPanel, on: &canvas)
    if step.isFlipped { canvas.outline(agentPanel.inset(by: -4), with: .alarm, thickness: 2) }

    for (sign, left, right) in [("+", cameraPanel, perturbationPanel), ("=", perturbationPanel, agentPanel)] {
      canvas.draw(
        sign, centeredAt: (left.right + right.x) / 2,
        y: panelTop + (panelSize - Canvas.textHeight(scale: 4)) / 2, color: .secondaryText, scale: 4)
    }
  }

  private static func draw(
    title: String, caption: String, of panel: Rectangle, on canvas: inout Canvas
  ) {
    canvas.draw(title, x: panel.x, y: panel.y - 24, color: .text, scale: 2, width: panel.width)
    canvas.draw(caption, x: panel.x, y: panel.bottom + 9, color: .secondaryText, width: panel.width)
  }

  /// Draws images of one size as tiles in a panel and returns the stride at which their pixels are shown: 1 unless
  /// they are larger than their tile. Each of several tiles has a frame in the color of its plane.
  @discardableResult private static func draw(
    _ images: [FrameImage], in panel: Rectangle, on canvas: inout Canvas
  ) -> Int {
    canvas.fill(panel, with: .surface)
    canvas.outline(panel.inset(by: -1), with: .line)
    let columns = Int(Double(images.count).squareRoot().rounded(.up))
    let rows = (images.count + columns - 1) / columns
    let side = panel.width / columns
    let top = panel.y + (panel.height - rows * side) / 2
    // A frame of a pixel around each of several tiles, and a pixel of air outside of it.
    let border = images.count > 1 ? 2 : 0
    let room = side - 2 * border
    let stride = (max(images[0].width, images[0].height, room) + room - 1) / room
    for (index, image) in images.enumerated() {
      let image = image.thinned(by: stride)
      let scale = room / max(image.width, image.height)
      let shown = Rectangle(
        x: panel.x + index % columns * side + (side - image.width * scale) / 2,
        y: top + index / columns * side + (side - image.height * scale) / 2,
        width: image.width * scale, height: image.height * scale)
      canvas.draw(image, x: shown.x, y: shown.y, scale: scale)
      if border > 0 { canvas.outline(shown.inset(by: -1), with: .plane(index)) }
    }
    return stride
  }

  private static func drawLegend(of step: WatchedStep, on canvas: inout Canvas) {
    let y = scoresPanel.y - 18
    var x = margin
    for (text, color) in [("clean", Color.clean), ("as delivered", Color.delivered)] {
      canvas.fill(Rectangle(x: x, y: y + 2, width: 10, height: 10), with: color)
      canvas.draw(text, x: x + 16, y: y, color: .secondaryText, scale: 2)
      x += 16 + Canvas.textWidth(text, scale: 2) + 24
    }
    let note = "bars from the lowest score"
    canvas.draw(note, x: x, y: y + 6, color: .secondaryText)
    x += Canvas.textWidth(note) + 24
    let delivered = step.actions[step.deliveredAction]
    let verdict =
      step.isFlipped
      ? "! \(step.actions[step.cleanAction]) -> \(delivered)" : "action \(delivered)"
    let room = scoresPanel.right - x
    let left = max(x, scoresPanel.right - Canvas.textWidth(verdict, scale: 2))
    canvas.draw(verdict, x: left, y: y, color: step.isFlipped ? .alarm : .text, scale: 2, width: room)
  }

  private static func drawScores(of step: WatchedStep, on canvas: inout Canvas) {
    let slot = scoresPanel.width / step.actions.count
    let finite = (step.cleanScores + step.deliveredScores).filter(\.isFinite)
    let scale = BarScale(lowest: finite.min() ?? 0, highest: finite.max() ?? 0, length: 44)
    let baseline = scoresPanel.y + 72
    canvas.fill(Rectangle(x: margin, y: baseline, width: scoresPanel.width, height: 1), with: .line)
    for (action, name) in step.actions.enumerated() {
      let center = margin + slot * action + slot / 2
      let isAlarm = step.isFlipped && action == step.deliveredAction
      let barWidth = max(1, min(36, (slot - 6) / 2))
      let bars = [
        (center - barWidth - 1, step.cleanScores[action], Color.clean, action == step.cleanAction, "v"),
        (
          center + 1, step.deliveredScores[action], isAlarm ? Color.alarm : .delivered,
          action == step.deliveredAction, isAlarm ? "!" : "v"
        ),
      ]
      for (left, score, color, isChosen, mark) in bars {
        let length = scale.length(of: score)
        let top = baseline - length
        canvas.fill(Rectangle(x: left, y: top, width: barWidth, height: length), with: color)
        let middle = left + barWidth / 2
        // The number needs six characters of room; the mark always fits.
        if barWidth >= 30 {
          canvas.draw(brief(score), centeredAt: middle, y: top - 10, color: .secondaryText)
        }
        if isChosen {
          let markTop = top - (barWidth >= 30 ? 26 : 17)
          canvas.draw(mark, centeredAt: middle, y: markTop, color: color, scale: 2)
        }
      }
      let isChosen = action == step.cleanAction || action == step.deliveredAction
      // Where many actions leave a name little room, every other one goes a line lower and each has two slots.
      let isNarrow = slot < 96
      let textScale = isNarrow ? 1 : 2
      let room = (isNarrow ? 2 * slot : slot) - 6
      canvas.draw(
        Canvas.shortened(name, scale: textScale, width: room), centeredAt: center,
        y: baseline + (isNarrow && !action.isMultiple(of: 2) ? 19 : 7),
        color: isAlarm ? .alarm : isChosen ? .text : .secondaryText, scale: textScale)
    }
  }

  private static func drawFooter(of step: WatchedStep, on canvas: inout Canvas) {
    canvas.fill(Rectangle(x: margin, y: 504, width: width - 2 * margin, height: 1), with: .line)
    let share =
      step.attackedFrames > 0
      ? " (\(number(100 * Float(step.flips) / Float(step.attackedFrames), digits: 1))%)" : ""
    canvas.draw(
      "attacked frames \(step.attackedFrames)  changed actions \(step.flips)\(share)", x: margin, y: 514,
      color: .secondaryText, scale: 2, width: width - 2 * margin)
  }

  private static func number(_ value: Float, digits: Int = 2) -> String {
    String(format: "%.\(digits)f", Double(value))
  }

  private static func threeDigits(_ value: Float) -> String {
    String(format: "%.3g", Double(value))
  }

  /// A score in the room above its bar, six characters: 0.12, 3.41, 31.9, 128, 4e+05.
  private static func brief(_ score: Float) -> String {
    switch abs(score) {
    case ..<9.995: number(score)
    case ..<99.95: number(score, digits: 1)
    case ..<9999.5: number(score, digits: 0)
    default: String(format: "%.0e", Double(score))
    }
  }
}

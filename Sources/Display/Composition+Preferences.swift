// What the policy prefers with and without the attack: a pair of bars an action.

extension Composition {
  static func drawPreferences(of step: WatchedStep, in area: Rectangle, on canvas: inout Canvas) {
    drawVerdict(of: step, in: area, on: &canvas)
    let top = area.y + 24
    drawBars(
      of: step,
      in: Rectangle(x: area.x, y: top, width: area.width, height: area.bottom - top), on: &canvas)
  }

  /// The title, whose bars have which color, and what the agent does.
  private static func drawVerdict(of step: WatchedStep, in area: Rectangle, on canvas: inout Canvas) {
    let isAttacked = step.attack != nil
    canvas.draw("Preferences", x: area.x, y: area.y, color: .text, scale: 2)
    var x = area.x + Canvas.textWidth("Preferences", scale: 2) + 14
    for (text, color) in [("clean", Color.clean), ("attacked", Color.delivered)].prefix(isAttacked ? 2 : 1) {
      canvas.fill(Rectangle(x: x, y: area.y + 5, width: 8, height: 8), with: color)
      canvas.draw(text, x: x + 12, y: area.y + 5, color: .secondaryText)
      x += 12 + Canvas.textWidth(text) + 12
    }
    let delivered = step.actions[step.deliveredAction]
    let verdict = step.isFlipped ? "! \(step.actions[step.cleanAction]) → \(delivered)" : delivered
    let room = area.right - x
    // What is too long is drawn small rather than cut.
    let verdictScale = Canvas.textWidth(verdict, scale: 2) <= room ? 2 : 1
    canvas.draw(
      Canvas.shortened(verdict, scale: verdictScale, width: room), endingAt: area.right,
      y: area.y + (verdictScale == 2 ? 0 : 5), color: step.isFlipped ? .alarm : .text, scale: verdictScale)
  }

  private static func drawBars(of step: WatchedStep, in area: Rectangle, on canvas: inout Canvas) {
    let perColumn = max(1, area.height / 11)
    let columns = (step.actions.count + perColumn - 1) / perColumn
    let rows = (step.actions.count + columns - 1) / columns
    let rowHeight = min(38, area.height / rows)
    let columnWidth = (area.width + 16) / columns
    let finite = (step.cleanScores + step.deliveredScores).filter(\.isFinite)
    let textScale = rowHeight >= 17 ? 2 : 1
    let longest = step.actions.map { Canvas.textWidth($0, scale: textScale) }.max() ?? 0
    let nameWidth = min(longest, columnWidth * 2 / 5)
    let numberScale = rowHeight >= 34 ? 2 : 1
    let numberWidth = rowHeight >= 17 && columns == 1 ? 6 + 36 * numberScale : 0
    let barLeft = nameWidth + 18
    let scale = BarScale(
      lowest: finite.min() ?? 0, highest: finite.max() ?? 0,
      length: max(8, columnWidth - 16 - barLeft - numberWidth))
    for (action, name) in step.actions.enumerated() {
      let left = area.x + action / rows * columnWidth
      let y = area.y + action % rows * rowHeight
      let isAlarm = step.isFlipped && action == step.deliveredAction
      let isChosen = action == step.cleanAction || action == step.deliveredAction
      let shown = Canvas.shortened(name, scale: textScale, width: nameWidth)
      canvas.draw(
        shown, x: left, y: y + (rowHeight - 2 - Canvas.textHeight(scale: textScale)) / 2,
        color: isAlarm ? .alarm : isChosen ? .text : .secondaryText, scale: textScale)
      var bars = [(step.cleanScores[action], Color.clean, action == step.cleanAction)]
      if step.attack != nil {
        bars.append(
          (step.deliveredScores[action], isAlarm ? .alarm : .delivered, action == step.deliveredAction))
      }
      let thickness = max(2, (rowHeight - 3) / 2 - 1)
      let first = y + (rowHeight - 2 - bars.count * (thickness + 1)) / 2
      for (index, (score, color, isChosen)) in bars.enumerated() {
        let bar = Rectangle(
          x: left + barLeft, y: first + index * (thickness + 1), width: scale.length(of: score),
          height: thickness)
        canvas.fill(bar, with: color)
        if isChosen { drawMark(pointingAt: bar, color: color, on: &canvas) }
        if numberWidth > 0 {
          canvas.draw(
            brief(score), x: bar.right + 6, y: bar.y + (thickness - 7 * numberScale) / 2,
            color: .secondaryText,
            scale: numberScale)
        }
      }
    }
  }

  /// A triangle before the bar of the action that was chosen.
  private static func drawMark(pointingAt bar: Rectangle, color: Color, on canvas: inout Canvas) {
    let half = min(4, (bar.height + 1) / 2)
    let middle = bar.y + bar.height / 2
    for column in 0..<half {
      canvas.fill(
        Rectangle(x: bar.x - 5 - column, y: middle - column, width: 1, height: 2 * column + 1), with: color)
    }
  }
}

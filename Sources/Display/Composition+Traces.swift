// What the last few hundred steps were like: return, value, preference gap, and where the attack worked.

extension Composition {
  /// How many steps the traces show at most.
  public static let traceLength = 300

  static func drawTraces(
    _ trace: [TracePoint], of step: WatchedStep, in area: Rectangle, isTitled: Bool = true,
    on canvas: inout Canvas
  ) {
    let points = Array(trace.suffix(traceLength))
    var top = area.y
    if isTitled {
      let count = points.count == 1 ? "This step" : "The last \(points.count) steps"
      canvas.draw(count, x: area.x, y: top, color: .text, scale: 2)
      top += 24
    }
    let ticks = 12
    let gap = 5
    let rowHeight = (area.bottom - top - ticks - 3 * gap) / 3
    let plot = Rectangle(x: area.x + 82, y: top, width: area.width - 82 - 76, height: rowHeight)
    let stepWidth = max(1, min(12, plot.width / max(points.count, 1)))
    let shown = points.suffix(plot.width / stepWidth)
    let boundaries = shown.enumerated().filter { $0.element.isFirst && $0.offset > 0 }.map(\.offset)

    let isCertainty = step.value == nil && step.scores == .logits
    let value = isCertainty ? "top p" : "value"
    let lines: [(name: String, parts: [(KeyPath<TracePoint, Float>, Color)], floor: Float?)] = [
      ("return", [(\.episodeReturn, .text)], nil),
      (value, [(\.value, .text)], isCertainty ? 0 : nil),
      ("gap", [(\.cleanGap, .clean), (\.deliveredGap, .delivered)], 0),
    ]
    for (index, line) in lines.enumerated() {
      var row = plot
      row.y += index * (rowHeight + gap)
      label(line.name, beside: row, from: area.x, on: &canvas)
      canvas.fill(row, with: .surface)
      for boundary in boundaries {
        canvas.fill(
          Rectangle(x: row.x + boundary * stepWidth, y: row.y, width: 1, height: row.height), with: .line)
      }
      let values = shown.flatMap { point in line.parts.map { point[keyPath: $0.0] } }.filter(\.isFinite)
      let low = min(values.min() ?? 0, line.floor ?? .infinity)
      let high = max(values.max() ?? 0, low)
      for (path, color) in line.parts {
        draw(
          shown.map { ($0[keyPath: path], $0.isFirst) }, from: low, to: high, stepWidth: stepWidth, in: row,
          color, on: &canvas)
      }
      if let last = shown.last, let path = line.parts.last?.0 {
        number(brief(last[keyPath: path]), beside: row, on: &canvas)
      }
    }
    let row = Rectangle(x: plot.x, y: plot.y + 3 * (rowHeight + gap), width: plot.width, height: ticks)
    label("attack", beside: row, from: area.x, on: &canvas)
    drawAttacks(in: shown, stepWidth: stepWidth, in: row, on: &canvas)
  }

  /// A tick for each frame that was attacked, a long one where the action changed.
  private static func drawAttacks(
    in points: ArraySlice<TracePoint>, stepWidth: Int, in row: Rectangle, on canvas: inout Canvas
  ) {
    canvas.fill(row, with: .surface)
    for (index, point) in points.enumerated() where point.isAttacked {
      let width = stepWidth > 2 ? stepWidth - 1 : stepWidth
      let height = point.isFlipped ? row.height : row.height / 3
      canvas.fill(
        Rectangle(x: row.x + index * stepWidth, y: row.bottom - height, width: width, height: height),
        with: point.isFlipped ? .alarm : .secondaryText)
    }
  }

  private static func label(_ text: String, beside row: Rectangle, from x: Int, on canvas: inout Canvas) {
    let scale = row.height >= 11 ? 2 : 1
    canvas.draw(
      text, x: x, y: row.y + (row.height - 7 * scale) / 2, color: .secondaryText, scale: scale)
  }

  private static func number(_ text: String, beside row: Rectangle, on canvas: inout Canvas) {
    let scale = row.height >= 11 ? 2 : 1
    canvas.draw(text, x: row.right + 6, y: row.y + (row.height - 7 * scale) / 2, color: .text, scale: scale)
  }

  /// A line of steps; an episode's line does not go on from that of the one before.
  private static func draw(
    _ values: [(Float, isFirst: Bool)], from low: Float, to high: Float, stepWidth: Int, in row: Rectangle,
    _ color: Color, on canvas: inout Canvas
  ) {
    // A pixel of air above and below; halved, because the difference of two finite numbers may be infinite.
    let room = Float(row.height - 4)
    let span = high / 2 - low / 2
    func y(_ value: Float) -> Int {
      let part = span > 0 ? (value / 2 - low / 2) / span : 0.5
      return row.bottom - 3 - Int((min(max(part, 0), 1) * room).rounded())
    }
    var previous: Int?
    for (index, value) in values.enumerated() {
      guard value.0.isFinite else {
        previous = nil
        continue
      }
      let here = y(value.0)
      let left = row.x + index * stepWidth
      if let previous, !value.isFirst {
        let top = min(previous, here)
        canvas.fill(Rectangle(x: left, y: top, width: 1, height: max(previous, here) - top), with: color)
      }
      canvas.fill(Rectangle(x: left, y: here, width: stepWidth, height: 2), with: color)
      previous = here
    }
  }
}

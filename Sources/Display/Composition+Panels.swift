// What the camera sees, what the attack adds, and what the agent sees.

extension Composition {
  /// Where the panels stand, from left to right: with the world first where it is a picture of its own.
  ///
  /// A frame is drawn in the middle of its panel, as large as a whole scale factor allows; the older frames of a stack stand
  /// in a strip at the longer side.
  /// - Parameters:
  ///   - withWorld: whether the world has a panel.
  ///   - isStacked: whether an observation holds several frames.
  public static func panels(withWorld: Bool, isStacked: Bool) -> [Rectangle] {
    let (count, width, height) = withWorld ? (4, 214, 214) : (3, isStacked ? 304 : 256, 256)
    let gap = (Self.width - 2 * margin - count * width) / (count - 1)
    return (0..<count).map {
      Rectangle(x: margin + $0 * (width + gap), y: 90, width: width, height: height)
    }
  }

  /// Draws the panels and returns where they end.
  static func drawPanels(of step: WatchedStep, on canvas: inout Canvas) -> Int {
    var places = panels(withWorld: step.world != nil, isStacked: step.clean.count > 1)
    let bottom = places[0].bottom
    if let world = step.world {
      drawPanel([world], titled: "The world", in: places.removeFirst(), on: &canvas)
    }
    drawFrames(step.clean, in: places[0], on: &canvas)
    title("The camera sees", of: places[0], on: &canvas)
    caption(shape(of: step), of: places[0], on: &canvas)
    drawPerturbation(of: step, in: places[1], on: &canvas)
    drawSeen(of: step, in: places[2], on: &canvas)
    // Where there is room between them: clean + perturbation = delivered.
    if places[1].x - places[0].right > 40 {
      for (sign, left, right) in [("+", places[0], places[1]), ("=", places[1], places[2])] {
        canvas.draw(
          sign, centeredAt: (left.right + right.x) / 2,
          y: left.y + (left.height - Canvas.textHeight(scale: 5)) / 2, color: .secondaryText, scale: 5)
      }
    }
    return bottom
  }

  /// The panels of one of two runs: the world, or else what the camera sees, and what the agent sees, both large; between
  /// them the perturbation, below what the camera sees where that has no other place.
  static func drawBesidePanels(
    of step: WatchedStep, from left: Int, width: Int, on canvas: inout Canvas
  ) {
    // Two times and once 84, the side of the largest frames, and a little air.
    let (large, small) = (172, 84)
    let isStacked = step.clean.count > 1
    let shown = Rectangle(x: left, y: 112, width: large, height: isStacked ? 220 : large)
    var seen = shown
    seen.x = left + width - large
    var between = Rectangle(x: left + (width - small) / 2, y: 112, width: small, height: shown.height - 24)
    if let world = step.world {
      drawPanel([world], titled: "The world", in: shown, on: &canvas)
      between.height = small
      drawPanel([step.clean[step.clean.count - 1]], titled: "Camera", in: between, on: &canvas)
      between.y += small + 24
    } else {
      drawFrames(step.clean, in: shown, on: &canvas)
      title("Camera", of: shown, on: &canvas)
    }
    drawPerturbation(of: step, in: between, on: &canvas)
    drawSeen(of: step, in: seen, isExplained: false, on: &canvas)
  }

  /// Images as tiles of one panel.
  static func drawPanel(
    _ images: [FrameImage], titled text: String, in panel: Rectangle, on canvas: inout Canvas
  ) {
    drawTiles(images, in: panel, on: &canvas)
    title(text, of: panel, on: &canvas)
  }

  /// What the agent sees, framed where the attack changed the action.
  static func drawSeen(
    of step: WatchedStep, in panel: Rectangle, isExplained: Bool = true, on canvas: inout Canvas
  ) {
    drawFrames(step.delivered, in: panel, on: &canvas)
    title("The agent sees", of: panel, on: &canvas)
    if isExplained {
      let newest = step.clean.count - 1
      let change = Perturbation(from: step.clean[newest], to: step.delivered[newest], range: nil)
      caption(
        "\(change.changedEntries) of \(change.entries) changed, at most \(threeDigits(change.largestChange))",
        of: panel, on: &canvas)
    }
    if step.isFlipped { canvas.outline(panel.inset(by: -4), with: .alarm, thickness: 3) }
  }

  private static func drawPerturbation(of step: WatchedStep, in panel: Rectangle, on canvas: inout Canvas) {
    let changes = zip(step.clean, step.delivered).map {
      Perturbation(from: $0, to: $1, range: step.attack?.range)
    }
    let newest = changes[changes.count - 1]
    let older = changes.dropLast()
    let main = drawStrip(older.map(\.thumbnail), in: panel, on: &canvas)
    drawTiles(newest.images, in: main, on: &canvas)
    guard let attack = step.attack else {
      title("No attack", of: panel, on: &canvas)
      return
    }
    let factor = "×\(brief(newest.amplification))"
    let isNarrow = panel.width < 200
    title(isNarrow ? "Perturbation" : "Perturbation \(factor)", of: panel, on: &canvas)
    guard attack.isWorking else {
      caption(isNarrow ? "left alone" : "the attack leaves this frame alone", of: panel, on: &canvas)
      return
    }
    // A scale of colors with its ends.
    let end = threeDigits(newest.range)
    var bar = Rectangle(x: panel.x, y: captionTop(of: panel), width: panel.width, height: 7)
    if isNarrow {
      canvas.draw(
        "\(factor) ±\(end)", x: bar.x, y: bar.y + 11, color: .secondaryText, width: panel.width + 4)
    } else {
      canvas.draw("-\(end)", x: bar.x, y: bar.y, color: .secondaryText)
      canvas.draw("+\(end)", endingAt: bar.right, y: bar.y, color: .secondaryText)
      let room = Canvas.textWidth("+\(end)") + 6
      bar.x += room
      bar.width -= 2 * room
    }
    for column in 0..<bar.width {
      let change = 2 * (Float(column) + 0.5) / Float(bar.width) - 1
      canvas.fill(
        Rectangle(x: bar.x + column, y: bar.y, width: 1, height: bar.height),
        with: Perturbation.color(of: change))
    }
  }

  private static func shape(of step: WatchedStep) -> String {
    let frame = step.clean[0]
    let shape = "\(frame.height)×\(frame.width)×\(frame.channels)"
    return step.clean.count == 1 ? shape : "\(shape), \(step.clean.count) frames, the newest large"
  }

  private static func title(_ text: String, of panel: Rectangle, on canvas: inout Canvas) {
    let scale = Canvas.textWidth(text, scale: 2) <= panel.width + 8 ? 2 : 1
    canvas.draw(
      text, x: panel.x, y: panel.y - 9 - 7 * scale, color: .text, scale: scale, width: panel.width + 8)
  }

  private static func captionTop(of panel: Rectangle) -> Int { panel.bottom + 9 }

  private static func caption(_ text: String, of panel: Rectangle, on canvas: inout Canvas) {
    canvas.draw(text, x: panel.x, y: captionTop(of: panel), color: .secondaryText, width: panel.width)
  }

  /// The newest frame large, those before it in a strip below.
  private static func drawFrames(_ frames: [FrameImage], in panel: Rectangle, on canvas: inout Canvas) {
    let main = drawStrip(Array(frames.dropLast()), in: panel, on: &canvas)
    drawTiles([frames[frames.count - 1]], in: main, on: &canvas)
  }

  /// Draws small images in the lower part of a panel, or in the right part of a wide one, the newest last, and returns what
  /// is left of it.
  private static func drawStrip(
    _ images: [FrameImage], in panel: Rectangle, on canvas: inout Canvas
  ) -> Rectangle {
    guard !images.isEmpty else { return panel }
    let isWide = panel.width > panel.height
    let gap = 4
    let size = max(1, min(46, ((isWide ? panel.height : panel.width) + gap) / images.count - gap))
    let start = (isWide ? panel.bottom : panel.right) - images.count * (size + gap) + gap
    for (index, image) in images.enumerated() {
      let place = start + index * (size + gap)
      drawTiles(
        [image],
        in: Rectangle(
          x: isWide ? panel.right - size : place, y: isWide ? place : panel.bottom - size, width: size,
          height: size), on: &canvas)
    }
    var main = panel
    if isWide { main.width -= size + gap + 2 } else { main.height -= size + gap + 2 }
    return main
  }

  /// Draws images of one size as tiles in a panel. Each of several tiles has a frame in the color of its plane.
  private static func drawTiles(_ images: [FrameImage], in panel: Rectangle, on canvas: inout Canvas) {
    canvas.fill(panel, with: .surface)
    canvas.outline(panel.inset(by: -1), with: .line)
    let side = tileSide(count: images.count, in: panel)
    let columns = max(1, min(panel.width / side, images.count))
    let rows = (images.count + columns - 1) / columns
    let (left, top) = (
      panel.x + (panel.width - columns * side) / 2, panel.y + (panel.height - rows * side) / 2
    )
    // A frame of a pixel around each of several tiles, and a pixel of air outside of it.
    let border = images.count > 1 ? 2 : 0
    let room = (width: min(side, panel.width) - 2 * border, height: min(side, panel.height) - 2 * border)
    for (index, image) in images.enumerated() {
      let stride = max(
        1, (image.width + room.width - 1) / room.width, (image.height + room.height - 1) / room.height)
      let image = image.averaged(over: stride)
      let scale = max(1, min(room.width / image.width, room.height / image.height))
      let shown = Rectangle(
        x: left + index % columns * side + (side - image.width * scale) / 2,
        y: top + index / columns * side + (side - image.height * scale) / 2,
        width: image.width * scale, height: image.height * scale)
      canvas.draw(image, x: shown.x, y: shown.y, scale: scale)
      if border > 0 { canvas.outline(shown.inset(by: -1), with: .plane(index)) }
    }
  }

  /// The side of the largest squares of which a number fits into a panel; a single one may be as wide as the panel.
  private static func tileSide(count: Int, in panel: Rectangle) -> Int {
    if count == 1 { return max(panel.width, panel.height) }
    var side = max(panel.width, panel.height)
    while (panel.width / side) * (panel.height / side) < count && side > 1 { side -= 1 }
    return side
  }
}

extension Composition {
  /// The canvas that shows a screen of a person who plays.
  /// - Parameter keepsLabels: whether text is kept beside the picture instead of being drawn into it.
  static func draw(_ screen: PlayedScreen, keepsLabels: Bool) -> Canvas {
    var canvas = Canvas(width: width, height: height, color: .background, keepsLabels: keepsLabels)
    let right = width - margin
    canvas.draw(screen.environment, x: margin, y: 12, color: .text, scale: 2, width: 480)
    canvas.draw(
      "seed \(screen.seed)  step \(screen.step)  return \(number(screen.episodeReturn))", endingAt: right,
      y: 12,
      color: .text, scale: 2)
    canvas.fill(Rectangle(x: margin, y: 35, width: width - 2 * margin, height: 1), with: .line)

    let world = Rectangle(x: margin, y: 72, width: 432, height: 432)
    drawPanel([screen.world], titled: "The world", in: world, on: &canvas)
    let left = world.right + 32
    let seen = Rectangle(x: left, y: 72, width: 256, height: 256)
    drawPanel([screen.seen], titled: "What an agent sees", in: seen, on: &canvas)

    canvas.draw("Actions", x: left, y: 350, color: .text, scale: 2)
    let rows = 7
    for (index, name) in screen.actions.enumerated().prefix(3 * rows) {
      let isTaken = index == screen.action
      let (x, y) = (left + index / rows * 150, 374 + index % rows * 18)
      if isTaken { canvas.fill(Rectangle(x: x, y: y + 3, width: 6, height: 9), with: .clean) }
      canvas.draw(name, x: x + 14, y: y, color: isTaken ? .text : .secondaryText, scale: 2, width: 136)
    }
    if let ending = screen.ending {
      let banner = Rectangle(x: world.x + 40, y: world.y + 186, width: world.width - 80, height: 60)
      canvas.clearLabels(in: banner)
      canvas.fill(banner, with: .surface)
      canvas.outline(banner, with: .line, thickness: 2)
      let middle = banner.x + banner.width / 2
      canvas.draw(
        "\(ending): return \(number(screen.episodeReturn))", centeredAt: middle, y: banner.y + 12,
        color: .text, scale: 2)
      canvas.draw("r again, n next seed, q quit", centeredAt: middle, y: banner.y + 38, color: .secondaryText)
    }
    drawFooter(
      status: screen.status, isPaused: screen.isPaused, notice: screen.notice, hints: screen.hints,
      on: &canvas)
    if let help = screen.help { drawHelp(help, on: &canvas) }
    return canvas
  }
}

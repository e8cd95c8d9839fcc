// The rows above the panels: who plays where, against which attack and its limits, and how it stands.

extension Composition {
  /// A part of a row.
  private struct Piece {
    var text: String
    var color: Color
    var scale: Int

    init(_ text: String, _ color: Color, scale: Int = 1) {
      (self.text, self.color, self.scale) = (text, color, scale)
    }

    var width: Int { Canvas.textWidth(text, scale: scale) }
  }

  /// The header of one run.
  static func drawHeader(of step: WatchedStep, on canvas: inout Canvas) {
    drawRow(
      [Piece("\(step.environment) · \(step.policy)", .text, scale: 2)],
      orLines: [step.environment, step.policy],
      endingWith: ending(of: step) + [Piece("seed \(step.seed)  step \(step.step)", .text, scale: 2)], y: 12,
      on: &canvas)
    let flips = flips(of: step).map {
      let share = 100 * Double(step.flips) / Double(step.attackedFrames)
      return Piece("\($0) (\(number(share, digits: 0))%)", .secondaryText, scale: 2)
    }
    drawRow(
      [Piece(attack(of: step), .secondaryText, scale: 2)] + limits(of: step),
      orLines: attackLines(of: step),
      endingWith: [Piece("return \(number(step.episodeReturn))", .text, scale: 2)]
        + (flips.map { [$0] } ?? []),
      y: 36, on: &canvas)
    canvas.fill(Rectangle(x: margin, y: 59, width: width - 2 * margin, height: 1), with: .line)
  }

  /// The header above two runs: what they share.
  static func drawSharedHeader(of first: WatchedStep, _ second: WatchedStep, on canvas: inout Canvas) {
    let seed = [Piece("seed \(first.seed)", .secondaryText, scale: 2)]
    if first.policy == second.policy {
      drawRow(
        [Piece("\(first.environment) · \(first.policy)", .text, scale: 2)],
        orLines: [first.environment, first.policy], endingWith: seed, y: 12, on: &canvas)
    } else {
      var lines = attackLines(of: first)
      lines[0] = "\(first.environment) · \(lines[0])"
      drawRow(
        [Piece("\(first.environment) · \(attack(of: first))", .text, scale: 2)] + limits(of: first),
        orLines: lines, endingWith: seed, y: 12, on: &canvas)
    }
    canvas.fill(Rectangle(x: margin, y: 33, width: width - 2 * margin, height: 1), with: .line)
  }

  /// The header of one of two runs: what it has of its own.
  /// - Parameter isOnePolicy: whether the attack is what the runs differ in, and not the policy.
  static func drawOwnHeader(
    of step: WatchedStep, isOnePolicy: Bool, from left: Int, width: Int, on canvas: inout Canvas
  ) {
    if isOnePolicy {
      let isLarge = drawRow(
        [Piece(attack(of: step), .text, scale: 2)], orLines: attackLines(of: step), x: left, width: width,
        y: 38, on: &canvas)
      if isLarge, let limits = step.attack?.limits {
        canvas.draw(limits, x: left, y: 57, color: .secondaryText, width: width)
      }
    } else {
      drawRow(
        [Piece(step.policy, .text, scale: 2)], orLines: [step.policy], x: left, width: width, y: 42,
        on: &canvas)
    }
    let result =
      "return \(number(step.episodeReturn))  step \(step.step)" + (flips(of: step).map { "  \($0)" } ?? "")
    drawRow(
      [Piece(result, .secondaryText, scale: 2)] + ending(of: step),
      orLines: [result + (step.ending.map { "  \($0)" } ?? "")], x: left, width: width, y: 68, on: &canvas)
  }

  private static func attack(of step: WatchedStep) -> String {
    step.attack.map { "\($0.name), epsilon \($0.epsilon)" } ?? "no attack"
  }

  /// The attack in two lines; of the second, epsilon is what is cut last.
  private static func attackLines(of step: WatchedStep) -> [String] {
    step.attack.map { [$0.name, "epsilon \($0.epsilon), \($0.limits)"] } ?? ["no attack"]
  }

  private static func limits(of step: WatchedStep) -> [Piece] {
    step.attack.map { [Piece($0.limits, .secondaryText)] } ?? []
  }

  private static func ending(of step: WatchedStep) -> [Piece] {
    step.ending.map { [Piece($0, .text)] } ?? []
  }

  /// How many actions the attack changed; nil where nothing was attacked yet.
  private static func flips(of step: WatchedStep) -> String? {
    step.attackedFrames > 0 ? "flips \(step.flips)/\(step.attackedFrames)" : nil
  }

  /// Draws a row: at the left what may be long, at the right what has a few words.
  ///
  /// Where the left does not fit, lines in small print take its place, one over the other; where these do not fit
  /// beside the right, that becomes small, too. What is too long even then is cut at its end.
  /// - Returns: whether the left is drawn as it is wanted.
  @discardableResult private static func drawRow(
    _ left: [Piece], orLines lines: [String], endingWith right: [Piece] = [], x: Int = margin,
    width: Int = Composition.width - 2 * margin, y: Int, on canvas: inout Canvas
  ) -> Bool {
    var right = right
    var room: Int { width - (right.isEmpty ? 0 : 24 + extent(of: right)) }
    let isLarge = extent(of: left) <= room
    if isLarge {
      draw(left, x: x, y: y, on: &canvas)
    } else {
      if lines.contains(where: { Canvas.textWidth($0) > room }) {
        for index in right.indices { right[index].scale = 1 }
      }
      // A single line stands where the large one would.
      let top = lines.count == 1 ? y + 7 : y - 1
      for (index, line) in lines.enumerated() {
        canvas.draw(line, x: x, y: top + 11 * index, color: left[0].color, width: room)
      }
    }
    draw(right, x: x + width - extent(of: right), y: y, on: &canvas)
    return isLarge
  }

  private static let space = 14

  private static func extent(of pieces: [Piece]) -> Int {
    pieces.reduce(0) { $0 + $1.width } + space * max(0, pieces.count - 1)
  }

  /// Draws pieces one after another, on one baseline.
  private static func draw(_ pieces: [Piece], x: Int, y: Int, on canvas: inout Canvas) {
    var x = x
    for piece in pieces {
      canvas.draw(piece.text, x: x, y: y + 14 - 7 * piece.scale, color: piece.color, scale: piece.scale)
      x += piece.width + space
    }
  }
}

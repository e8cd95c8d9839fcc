import Display
import Testing

@Suite struct CompositionTests {
  private static let epsilon: Float = 0.1

  /// A gray frame of 4 by 4, whose panels of 256 show each pixel as 64 by 64.
  private func step(
    delivered: [Float]? = nil, height: Int = 4, width: Int = 4, channels: Int = 1,
    meaning: FrameImage.ChannelMeaning? = nil, clean: [Float]? = nil, epsilon: Float = Self.epsilon,
    actions: [String] = ["left", "stay", "right"], cleanScores: [Float] = [1, 2, 3],
    deliveredScores: [Float] = [1, 2, 3], cleanAction: Int = 2, deliveredAction: Int = 2,
    world: FrameImage? = nil
  ) -> WatchedStep {
    let clean = clean ?? Self.clean
    return WatchedStep(
      environment: "grid/test-v1", policy: "dqn", attack: "fgsm", epsilonText: "1/10 (0.1)",
      epsilon: epsilon, step: 3, returnSoFar: 1, height: height, width: width, channels: channels,
      meaning: meaning, clean: clean, delivered: delivered ?? clean, world: world, actions: actions,
      cleanScores: cleanScores, deliveredScores: deliveredScores, cleanAction: cleanAction,
      deliveredAction: deliveredAction, flips: 1, attackedFrames: 3)
  }

  private static let clean: [Float] = (0..<16).map { Float($0) / 15 }

  /// The color in the middle of a pixel of a 4 by 4 frame in a panel.
  private func color(row: Int, column: Int, of panel: Rectangle, on canvas: Canvas) -> Color {
    canvas[panel.x + 64 * column + 32, panel.y + 64 * row + 32]
  }

  private func count(_ color: Color, in area: Rectangle, on canvas: Canvas) -> Int {
    var count = 0
    for y in area.y..<area.bottom {
      for x in area.x..<area.right where canvas[x, y] == color { count += 1 }
    }
    return count
  }

  private let everywhere = Rectangle(x: 0, y: 0, width: Composition.width, height: Composition.height)

  @Test func panelsShowTheFrames() {
    var delivered = Self.clean
    delivered[5] = 1
    let canvas = Composition.draw(step(delivered: delivered))
    #expect(canvas.width == 960 && canvas.height == 540)
    for row in 0..<4 {
      for column in 0..<4 {
        let level = UInt8(17 * (4 * row + column))
        let clean = Color(red: level, green: level, blue: level)
        #expect(color(row: row, column: column, of: Composition.cameraPanel, on: canvas) == clean)
        let seen = (row, column) == (1, 1) ? Color(0xFFFFFF) : clean
        #expect(color(row: row, column: column, of: Composition.agentPanel, on: canvas) == seen)
      }
    }
  }

  @Test func aWorldThatTheFrameDoesNotPictureIsDrawnInstead() {
    let red = FrameImage(height: 1, width: 1, channels: 3, meaning: .rgb, values: [1, 0, 0])
    let canvas = Composition.draw(step(world: red))
    #expect(color(row: 2, column: 1, of: Composition.cameraPanel, on: canvas) == Color(0xFF0000))
    let level = UInt8(17 * 9)
    let seen = Color(red: level, green: level, blue: level)
    #expect(color(row: 2, column: 1, of: Composition.agentPanel, on: canvas) == seen)
  }

  @Test(arguments: [1, 3]) func thePerturbationIsMidGrayWhereNothingChanged(channels: Int) {
    let clean = (0..<16 * channels).map { Float($0) / Float(16 * channels) }
    let canvas = Composition.draw(step(channels: channels, clean: clean))
    let panel = Composition.perturbationPanel
    #expect(count(Color(0x808080), in: panel, on: canvas) == panel.width * panel.height)
  }

  @Test func epsilonFillsTheRangeOfThePerturbation() {
    let clean = [Float](repeating: 0.5, count: 16)
    var delivered = clean
    delivered[0] += Self.epsilon
    delivered[1] -= Self.epsilon
    delivered[2] += Self.epsilon / 2
    let canvas = Composition.draw(step(delivered: delivered, clean: clean))
    let shown = (0..<4).map { color(row: 0, column: $0, of: Composition.perturbationPanel, on: canvas) }
    #expect(shown == [Color(0xFFFFFF), Color(0x000000), Color(0xBFBFBF), Color(0x808080)])
  }

  /// Two planes that change by opposite amounts must not cancel: each has a tile of its own.
  @Test func planesHaveATileEach() {
    let clean = [Float](repeating: 0.5, count: 32)
    let delivered = clean.indices.map { clean[$0] + ($0.isMultiple(of: 2) ? 1 : -1) * Self.epsilon }
    let canvas = Composition.draw(step(delivered: delivered, channels: 2, clean: clean))
    let panel = Composition.perturbationPanel
    let middle = panel.y + panel.height / 2
    #expect(canvas[panel.x + 64, middle] == Color(0xFFFFFF))
    #expect(canvas[panel.x + 192, middle] == Color(0x000000))
    #expect(count(.plane(0), in: panel, on: canvas) > 4 * 100)
    #expect(count(.plane(1), in: panel, on: canvas) > 4 * 100)
  }

  @Test func aChangedActionRaisesTheAlarm() {
    let scores: [Float] = [3, 2, 1]
    let calm = Composition.draw(step(deliveredScores: scores))
    #expect(count(.alarm, in: everywhere, on: calm) == 0)

    let alarmed = Composition.draw(step(deliveredScores: scores, deliveredAction: 0))
    let panel = Composition.scoresPanel
    let third = Rectangle(x: panel.x, y: panel.y, width: panel.width / 3, height: panel.height)
    // The bar alone is 36 wide; the rest is its mark and the action's name.
    #expect(count(.alarm, in: third, on: alarmed) > 36 * 40)
    #expect(count(.alarm, in: panel, on: alarmed) == count(.alarm, in: third, on: alarmed))
    let agent = Composition.agentPanel
    #expect(alarmed[agent.x - 3, agent.y + 9] == .alarm)
    #expect(calm[agent.x - 3, agent.y + 9] == .background)
  }

  /// Color is not the only sign: the mark above the delivered bar of the chosen action has another shape.
  @Test func theAlarmIsAlsoAGlyph() {
    func mark(cleanAction: Int) -> [Bool] {
      let scores: [Float] = [3, 2, 3]
      let canvas = Composition.draw(
        step(cleanScores: scores, deliveredScores: scores, cleanAction: cleanAction, deliveredAction: 0))
      let panel = Composition.scoresPanel
      let middle = panel.x + panel.width / 6
      return (panel.y..<panel.y + 17).flatMap { y in
        (middle + 1..<middle + 37).map { x in canvas[x, y] != .background }
      }
    }
    let (calm, alarmed) = (mark(cleanAction: 0), mark(cleanAction: 2))
    #expect(calm.contains(true) && alarmed.contains(true))
    #expect(calm != alarmed)
  }

  @Test func longerBarsAreHigherScores() {
    let canvas = Composition.draw(
      step(cleanScores: [-100, -99, -98], deliveredScores: [-100, -100, -100]))
    let panel = Composition.scoresPanel
    let heights = (0..<3).map { action in
      let third = Rectangle(
        x: panel.x + action * panel.width / 3, y: panel.y + 20, width: panel.width / 3, height: 60)
      return count(.clean, in: third, on: canvas) / 36
    }
    #expect(heights == [2, 23, 44])
  }

  @Test func whatIsNotFiniteIsDrawnToo() {
    let clean = [Float.nan] + [Float](repeating: .infinity, count: 15)
    let canvas = Composition.draw(
      step(
        delivered: [Float](repeating: -.infinity, count: 16), clean: clean, epsilon: 0,
        cleanScores: [.nan, .infinity, 1], deliveredScores: [-.infinity, .greatestFiniteMagnitude, 1]))
    #expect(color(row: 0, column: 0, of: Composition.cameraPanel, on: canvas) == Color(0x000000))
    #expect(color(row: 0, column: 1, of: Composition.cameraPanel, on: canvas) == Color(0xFFFFFF))
  }

  /// Frames larger than a panel and more actions than have room must not draw over anything else.
  @Test func largeFramesAndManyActionsStayInTheirPlace() {
    let size = 600 * 300
    let canvas = Composition.draw(
      step(
        height: 300, width: 600, clean: [Float](repeating: 1, count: size),
        actions: (0..<40).map { "action number \($0)" }, cleanScores: [Float](repeating: 1, count: 40),
        deliveredScores: [Float](repeating: 1, count: 40)))
    let white = Color(0xFFFFFF)
    // Every third pixel: 200 by 100.
    #expect(count(white, in: Composition.cameraPanel, on: canvas) == 200 * 100)
    #expect(count(white, in: everywhere, on: canvas) == 2 * 200 * 100)
  }
}

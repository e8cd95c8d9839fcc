import Display
import Testing

@Suite struct CompositionTests {
  private let everywhere = Rectangle(x: 0, y: 0, width: Composition.width, height: Composition.height)

  private func draw(_ step: WatchedStep, keepsLabels: Bool = false) -> Canvas {
    Composition.draw(
      .init(runs: [.init(step: step, trace: [step.trace])]), keepsLabels: keepsLabels)
  }

  /// The color in the middle of a pixel of a 4 by 4 frame in a panel of 256.
  private func color(row: Int, column: Int, of panel: Int, on canvas: Canvas) -> Color {
    let panel = Composition.panels(withWorld: false, isStacked: false)[panel]
    return canvas[panel.x + 64 * column + 32, panel.y + 64 * row + 32]
  }

  private func count(_ color: Color, in area: Rectangle, on canvas: Canvas) -> Int {
    var count = 0
    for y in area.y..<area.bottom {
      for x in area.x..<area.right where canvas[x, y] == color { count += 1 }
    }
    return count
  }

  private func gray(_ values: [Float]) -> FrameImage {
    FrameImage(height: 4, width: values.count / 4, channels: 1, meaning: .gray, values: values)
  }

  @Test func panelsShowTheFrames() {
    let clean = (0..<16).map { Float($0) / 15 }
    var delivered = clean
    delivered[5] = 1
    let canvas = draw(.example(clean: [gray(clean)], delivered: [gray(delivered)]))
    #expect(canvas.width == 960 && canvas.height == 540)
    for row in 0..<4 {
      for column in 0..<4 {
        let level = UInt8(17 * (4 * row + column))
        let clean = Color(red: level, green: level, blue: level)
        #expect(color(row: row, column: column, of: 0, on: canvas) == clean)
        let seen = (row, column) == (1, 1) ? Color(0xFFFFFF) : clean
        #expect(color(row: row, column: column, of: 2, on: canvas) == seen)
      }
    }
  }

  @Test func epsilonIsDrawnInFullColor() {
    let clean = [Float](repeating: 0.5, count: 16)
    var delivered = clean
    delivered[0] += 0.125
    delivered[1] -= 0.125
    delivered[2] += 0.0625
    let canvas = draw(.example(range: 0.125, clean: [gray(clean)], delivered: [gray(delivered)]))
    let shown = (0..<4).map { color(row: 0, column: $0, of: 1, on: canvas) }
    #expect(shown[0] == .increase && shown[1] == .decrease && shown[3] == .unchanged)
    // Half of the way between the two, part by part.
    #expect(shown[2] == Color(red: 0x83, green: 0x62, blue: 0x17))
    let labels = draw(
      .example(range: 0.125, clean: [gray(clean)], delivered: [gray(delivered)]), keepsLabels: true
    )
    .labels.map(\.text)
    #expect(labels.contains("Perturbation ×8.00"))
    #expect(labels.contains("+0.125") && labels.contains("-0.125"))
    #expect(labels.contains("3 of 16 changed, at most 0.125"))
  }

  /// Two planes that change by opposite amounts must not cancel: each has a tile of its own.
  @Test func planesHaveATileEach() {
    let clean = [Float](repeating: 0.5, count: 32)
    let delivered = clean.indices.map { clean[$0] + ($0.isMultiple(of: 2) ? 0.1 : -0.1) }
    let frames = [clean, delivered].map {
      FrameImage(height: 4, width: 4, channels: 2, meaning: .planes, values: $0)
    }
    let canvas = draw(.example(range: 0.1, clean: [frames[0]], delivered: [frames[1]]))
    let panel = Composition.panels(withWorld: false, isStacked: false)[1]
    #expect(count(.increase, in: panel, on: canvas) >= 120 * 120)
    #expect(count(.decrease, in: panel, on: canvas) >= 120 * 120)
    #expect(count(.plane(1), in: panel, on: canvas) > 4 * 100)
  }

  /// What a change is called and what it is drawn in must both be told apart.
  @Test func aChangedActionRaisesTheAlarm() {
    func area(_ canvas: Canvas) -> Int { count(.alarm, in: everywhere, on: canvas) }
    let calm = WatchedStep.example(cleanAction: 2, deliveredAction: 2)
    let alarmed = WatchedStep.example(cleanAction: 2, deliveredAction: 0)
    #expect(area(draw(calm)) == 0)
    #expect(area(draw(alarmed)) > 3000)
    let agent = Composition.panels(withWorld: false, isStacked: false)[2]
    #expect(draw(alarmed)[agent.x - 3, agent.y + 9] == .alarm)
    #expect(draw(calm)[agent.x - 3, agent.y + 9] == .background)
    // Color is not the only sign.
    let labels = draw(alarmed, keepsLabels: true).labels
    #expect(labels.contains { $0.text == "! right → left" && $0.color == .alarm })
    #expect(draw(calm, keepsLabels: true).labels.contains { $0.text == "right" && $0.color == .text })
  }

  /// Every fact that a person looks for is written.
  @Test func theFactsAreWritten() {
    let labels = draw(.example(), keepsLabels: true).labels.map(\.text)
    for fact in [
      "catch-v1 · plain", "fgsm, epsilon 32/255 (0.1255)", "max norm, newest frame", "flips 1/3 (33%)",
      "seed 7  step 3", "return 1.00", "left", "stay", "right", "clean", "attacked", "return", "value", "gap",
    ] { #expect(labels.contains(fact), "\(fact) is not among \(labels)") }
    let ended = draw(.example(ending: "terminated"), keepsLabels: true).labels.map(\.text)
    #expect(ended.contains("terminated"))
  }

  /// Two runs say it too: together what they share, each what is its own, and how they ended.
  @Test(arguments: [
    (
      "ghost",
      [
        "catch-v1 · plain", "fgsm, epsilon 32/255 (0.1255)", "no attack", "return 1.00  step 3  flips 1/3",
        "return 1.00  step 3",
      ]
    ),
    (
      "rivals",
      [
        "catch-v1 · fgsm, epsilon 32/255 (0.1255)", "plain", "catch-v1-dqn-adversarial",
        "return 1.00  step 3  flips 1/3",
      ]
    ),
  ])
  func theFactsOfTwoRunsAreWritten(kind: String, facts: [String]) {
    var screen = WatchedScreen.example(kind)
    for index in 0...1 { screen.runs[index].step.ending = "truncated" }
    let labels = Composition.draw(screen, keepsLabels: true).labels
    for fact in facts {
      #expect(labels.contains { $0.text == fact && $0.scale == 2 }, "\(fact): \(labels.map(\.text))")
    }
    #expect(labels.count { $0.text == "max norm, newest frame" } == 1)
    #expect(labels.count { $0.text == "truncated" } == 2)
  }

  /// However long the names are, the size of the perturbation is never what is cut.
  @Test(arguments: ["names", "longest", "longest-ghost"]) func epsilonIsNeverCut(kind: String) {
    let labels = Composition.draw(.example(kind), keepsLabels: true).labels.map(\.text)
    #expect(labels.contains { $0.contains("epsilon 32/255 (0.1255)") }, "\(labels)")
    if kind == "names" {
      for fact in ["dynamic-obstacles-random-16x16-v1", "strategic:0.5", "last.safetensors", "8 bits"] {
        #expect(labels.contains { $0.contains(fact) }, "\(fact) is not in \(labels)")
      }
    }
  }

  @Test func whatIsNotFiniteIsDrawnToo() {
    let clean = gray([Float.nan] + [Float](repeating: .infinity, count: 15))
    let delivered = gray([Float](repeating: -.infinity, count: 16))
    let canvas = draw(
      .example(
        range: nil, clean: [clean], delivered: [delivered], cleanScores: [.nan, .infinity, 1],
        deliveredScores: [-.infinity, .greatestFiniteMagnitude, 1]))
    #expect(color(row: 0, column: 0, of: 0, on: canvas) == Color(0x000000))
    #expect(color(row: 0, column: 1, of: 0, on: canvas) == Color(0xFFFFFF))
  }

  /// Frames larger than a panel, many frames and more actions than have room must not draw over anything else.
  @Test(arguments: [(600, 300), (300, 600), (84, 84), (1, 1), (1, 500)])
  func everythingStaysInItsPlace(width: Int, height: Int) {
    let white = FrameImage(
      height: height, width: width, channels: 1, meaning: .gray,
      values: [Float](repeating: 1, count: width * height))
    let frames = [FrameImage](repeating: white, count: 4)
    let actions = (0..<18).map { "action number \($0)" }
    let canvas = draw(
      .example(
        clean: frames, delivered: frames, actions: actions,
        cleanScores: [Float](repeating: 1, count: 18), deliveredScores: [Float](repeating: 1, count: 18)))
    let pure = Color(0xFFFFFF)
    let panels = Composition.panels(withWorld: false, isStacked: true)
    #expect(count(pure, in: panels[0], on: canvas) > 0)
    #expect(
      count(pure, in: everywhere, on: canvas)
        == count(pure, in: panels[0], on: canvas) + count(pure, in: panels[2], on: canvas))
  }

  /// No line of text runs into another or off the canvas.
  @Test(arguments: WatchedScreen.kinds.filter { $0 != "help" }) func textHasRoom(kind: String) {
    let labels = Composition.draw(.example(kind), keepsLabels: true).labels
    let boxes = labels.map {
      Rectangle(
        x: $0.x, y: $0.y, width: Canvas.textWidth($0.text, scale: $0.scale), height: 7 * $0.scale)
    }
    for (index, box) in boxes.enumerated() {
      #expect(
        box.x >= 0 && box.right <= Composition.width && box.bottom <= Composition.height, "\(labels[index])")
      for other in 0..<index {
        let apart =
          box.x >= boxes[other].right || boxes[other].x >= box.right || box.y >= boxes[other].bottom
          || boxes[other].y >= box.bottom
        #expect(apart, "\(labels[index].text) and \(labels[other].text)")
      }
    }
  }

  /// The last line of the traces is the step that is shown, and an episode's line does not go on from the one before.
  @Test func tracesTellEpisodesApart() {
    func trace(_ first: [Int]) -> [TracePoint] {
      (0..<20).map { index in
        var point = WatchedStep.example().trace
        point.isFirst = first.contains(index)
        point.episodeReturn = index < 10 ? 0 : 1
        return point
      }
    }
    func draw(_ trace: [TracePoint]) -> Canvas {
      Composition.draw(.init(runs: [.init(step: .example(), trace: trace)]))
    }
    #expect(draw(trace([0])) != draw(trace([0, 10])))
  }
}

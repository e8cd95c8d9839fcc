import Display
import Policies

extension WatchedStep {
  /// A step of Catch under attack, and variations of it.
  static func example(
    range: Float? = 32 / 255, ending: String? = nil, clean: [FrameImage]? = nil,
    delivered: [FrameImage]? = nil,
    world: FrameImage? = nil, actions: [String] = ["left", "stay", "right"], scores: ScoreKind = .values,
    cleanScores: [Float] = [0.88, 0.91, 1.2], deliveredScores: [Float] = [2.3, 1.96, 0.81],
    cleanAction: Int = 2,
    deliveredAction: Int = 0, step: Int = 3
  ) -> WatchedStep {
    var board = [Float](repeating: 0, count: 100)
    board[43] = 1
    board[93] = 1
    let noise = board.indices.map { index in
      let change: Float = [0, 1, 0, -1, 1][index * 7 % 5] * 32 / 255
      return min(max(board[index] + change, 0), 1)
    }
    func image(_ values: [Float]) -> FrameImage {
      FrameImage(height: 10, width: 10, channels: 1, meaning: .gray, values: values)
    }
    let clean = clean ?? [image(board)]
    return WatchedStep(
      environment: "catch-v1", policy: "plain",
      attack: Attack(
        name: "fgsm", epsilon: "32/255 (0.1255)", limits: "max norm, newest frame",
        threatHash: "00", range: range),
      seed: 7, step: step, episodeReturn: 1, ending: ending, clean: clean,
      delivered: delivered ?? (clean.count == 1 && clean[0].values.count == 100 ? [image(noise)] : clean),
      world: world, actions: actions, scores: scores, cleanScores: cleanScores,
      deliveredScores: deliveredScores,
      cleanAction: cleanAction, deliveredAction: deliveredAction, flips: 1, attackedFrames: 3)
  }

  /// The same step as it would be without the attack.
  var withoutAttack: WatchedStep {
    var step = self
    (step.attack, step.delivered, step.deliveredScores) = (nil, clean, cleanScores)
    (step.deliveredAction, step.flips, step.attackedFrames) = (cleanAction, 0, 0)
    return step
  }

  /// Four frames of 84 by 84: a ball on its way over gray stripes.
  static let stacked: WatchedStep = {
    func frame(_ index: Int, change: Float) -> FrameImage {
      var values = (0..<84 * 84).map { place -> Float in
        let (row, column) = (place / 84, place % 84)
        let isBall = abs(row - 20 - 6 * index) < 3 && abs(column - 30 - 8 * index) < 3
        return isBall ? 0.95 : row % 21 < 2 ? 0.6 : 0.35
      }
      for place in values.indices { values[place] += (place / 5 + place / 84 * 3) % 7 < 3 ? change : -change }
      return FrameImage(height: 84, width: 84, channels: 1, meaning: .gray, values: values)
    }
    return .example(
      range: 8 / 255, clean: (0..<4).map { frame($0, change: 0) },
      delivered: (0..<4).map { frame($0, change: $0 == 3 ? 8 / 255 : 0) }, actions: ["stay", "up", "down"],
      cleanAction: 1, deliveredAction: 1)
  }()

  /// Six planes of 10 by 10, and a picture of the world.
  static let planes: WatchedStep = {
    func frame(_ change: Float) -> FrameImage {
      FrameImage(
        height: 10, width: 10, channels: 6, meaning: .planes,
        values: (0..<600).map { place -> Float in
          let (cell, plane) = (place / 6, place % 6)
          let value: Float = cell % 11 == plane ? 1 : 0
          let isChanged = cell * (plane + 2) % 5 == 0
          return min(max(isChanged ? value + change : value, 0), 1)
        })
    }
    let world = FrameImage(
      height: 40, width: 40, channels: 3, meaning: .rgb,
      values: (0..<1600).flatMap { place -> [Float] in
        let (row, column) = (place / 40, place % 40)
        return [Float(column) / 39, Float(row) / 39, column / 4 == row / 4 ? 1 : 0.2]
      })
    return .example(
      range: 16 / 255, clean: [frame(0)], delivered: [frame(16 / 255)], world: world,
      actions: ["left", "right", "forward", "pickup", "drop", "toggle", "done"], scores: .logits,
      cleanScores: [1.2, 0.3, 2.2, -1, -0.5, 0.1, -2], deliveredScores: [1.4, 0.2, 1.1, -1, -0.4, 0.3, -2],
      cleanAction: 2, deliveredAction: 0)
  }()
}

extension WatchedScreen {
  /// The kinds of screens that there are.
  static let kinds = [
    "alone", "stacked", "world", "beside", "ghost", "rivals", "names", "longest", "longest-ghost", "many",
    "paused",
    "help",
  ]

  /// A screen of a kind.
  static func example(_ kind: String) -> WatchedScreen {
    func trace(_ step: WatchedStep) -> [TracePoint] {
      (1...120).map { index in
        var point = step.trace
        point.isFirst = index % 45 == 1
        point.episodeReturn = Float(index % 45 / 9)
        point.value = Float((index * 37) % 50) / 50
        point.cleanGap = Float((index * 13) % 20) / 10
        point.deliveredGap = Float((index * 29) % 20) / 10
        point.isAttacked = step.attack != nil && index % 10 < 7
        point.isFlipped = step.attack != nil && index % 10 < 2
        return point
      }
    }
    func run(_ step: WatchedStep) -> Run { Run(step: step, trace: trace(step)) }
    switch kind {
    case "stacked": return WatchedScreen(runs: [run(.stacked)])
    case "world": return WatchedScreen(runs: [run(.planes)])
    case "beside": return WatchedScreen(runs: [run(.example()), run(.example().withoutAttack)])
    case "ghost": return WatchedScreen(runs: [run(.planes), run(.planes.withoutAttack)])
    case "rivals":
      var other = WatchedStep.stacked
      other.policy = "catch-v1-dqn-adversarial"
      return WatchedScreen(runs: [run(.stacked), run(other)])
    case "names", "longest", "longest-ghost":
      // As long as they come, one run and two.
      var step = WatchedStep.planes
      step.environment = "dynamic-obstacles-random-16x16-v1"
      step.policy = "dynamic-obstacles-random-16x16-v1-ppo-adversarial/last.safetensors"
      step.attack?.name = "pgd:steps=20:restarts=5+square:queries=500, toward forward, strategic:0.5"
      step.attack?.limits =
        "max norm, newest frame, rows 0-4 and columns 0-9, at most 0.25 of the frames, 8 bits"
      (step.seed, step.step, step.episodeReturn) = (1_234_567_890, 10_000, -12_345.67)
      (step.flips, step.attackedFrames, step.ending) = (9_999, 10_000, "terminated")
      step.actions = step.actions.map { "\($0) and some more" }
      var other = step
      other.policy = "seed-3"
      if kind == "longest-ghost" { other = step.withoutAttack }
      return WatchedScreen(
        runs: kind == "names" ? [run(step)] : [run(step), run(other)], status: "each frame", isPaused: true,
        notice: "saved hoodwink-dynamic-obstacles-random-16x16-v1-seed-1234567890-step-10000.png")
    case "many":
      let scores = (0..<18).map { Float($0 * 7 % 18) }
      return WatchedScreen(runs: [
        run(
          .example(
            actions: (0..<18).map { "action \($0)" }, cleanScores: scores, deliveredScores: scores.reversed(),
            cleanAction: 5, deliveredAction: 12))
      ])
    case "paused":
      return WatchedScreen(
        runs: [run(.example())], status: "8 steps/s", isPaused: true,
        hints: [KeyHelp(keys: "space", meaning: "pause"), KeyHelp(keys: "h", meaning: "help")])
    case "help":
      return WatchedScreen(
        runs: [run(.example())], status: "8 steps/s",
        help: WatchControl.table.map { KeyHelp(keys: $0.names, meaning: $0.meaning) })
    default: return WatchedScreen(runs: [run(.example())])
    }
  }
}

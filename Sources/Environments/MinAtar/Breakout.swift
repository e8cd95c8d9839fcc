import RandomStreams

/// Break bricks with a ball that must not fall: the rules of MinAtar's Breakout.
public struct Breakout: MinAtarGame {
  /// What can be on the board.
  public enum Channel: Int, CaseIterable, Sendable {
    /// The paddle, in the bottom row.
    case paddle
    /// The ball.
    case ball
    /// Where the ball was before the step.
    case trail
    /// A brick.
    case brick
  }

  private static let allBricks = CellSet(rows: 1..<4, columns: 0..<10)

  private var paddleColumn: Int8 = 4
  private var row: Int8 = 3
  private var column: Int8 = 0
  private var lastRow: Int8 = 3
  private var lastColumn: Int8 = 0
  /// 1 or −1 each: how the ball flies.
  private var rowVelocity: Int8 = 1
  private var columnVelocity: Int8 = 1
  private var bricks = Self.allBricks
  /// Whether the ball aimed at a brick in the last step.
  private var metBrick = false

  /// A game that waits for its first reset; it does not become more difficult.
  public init(rampsDifficulty: Bool) {}

  /// The name of its definitions' kind.
  public static var kind: String { "breakout" }

  /// No-op, left, right.
  public static var minimalActions: [MinAtarAction] { [.noOperation, .left, .right] }

  /// False.
  public static var canRampDifficulty: Bool { false }

  /// What a channel looks like.
  public static func tile(_ channel: Channel) -> MinAtarTile {
    switch channel {
    case .paddle: MinAtarTile(240, 228, 66)
    case .ball: MinAtarTile(255, 255, 255)
    case .trail: MinAtarTile(70, 90, 110, .dot)
    case .brick: MinAtarTile(213, 94, 0)
    }
  }

  /// Starts with all bricks and draws the ball's side.
  public mutating func reset(using random: inout some Randomness) {
    self = Breakout(rampsDifficulty: false)
    if random.index(below: 2) == 1 {
      column = 9
      columnVelocity = -1
    }
    lastColumn = column
  }

  /// Moves the paddle and the ball; draws nothing.
  public mutating func step(_ action: MinAtarAction, using random: inout some Randomness) -> Outcome {
    switch action {
    case .left: paddleColumn = max(0, paddleColumn - 1)
    case .right: paddleColumn = min(9, paddleColumn + 1)
    case .noOperation, .up, .down, .fire: break
    }

    lastRow = row
    lastColumn = column
    row += rowVelocity
    column += columnVelocity
    if !CellSet.columns.contains(column) {
      column = lastColumn
      columnVelocity = -columnVelocity
    }

    var outcome = Outcome(reward: 0)
    let aimsAtBrick = row >= 0 && bricks.contains(row: Int(row), column: Int(column))
    if row < 0 {
      row = 0
      rowVelocity = -rowVelocity
    } else if aimsAtBrick {
      if !metBrick {
        outcome.reward = 1
        bricks.remove(row: Int(row), column: Int(column))
        bounce()
      }
    } else if row == 9 {
      if bricks.isEmpty { bricks = Self.allBricks }
      if lastColumn == paddleColumn {
        bounce()
      } else if column == paddleColumn {
        columnVelocity = -columnVelocity
        bounce()
      } else {
        outcome.ending = .terminated
      }
    }
    metBrick = aimsAtBrick
    return outcome
  }

  /// Keeps the row and turns up or down.
  private mutating func bounce() {
    row = lastRow
    rowVelocity = -rowVelocity
  }

  /// The paddle, the ball, its trail and the bricks.
  @inline(__always)
  public func forEachThing(_ visit: (Channel, _ cell: Int) -> Void) {
    visit(.paddle, CellSet.index(row: 9, column: paddleColumn))
    visit(.ball, CellSet.index(row: row, column: column))
    visit(.trail, CellSet.index(row: lastRow, column: lastColumn))
    bricks.forEach { visit(.brick, $0) }
  }
}

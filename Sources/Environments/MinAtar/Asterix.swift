import RandomStreams

/// Collect gold and evade enemies that cross the board: the rules of MinAtar's Asterix.
public struct Asterix: MinAtarGame {
  /// What can be on the board.
  public enum Channel: Int, CaseIterable, Sendable {
    /// The player.
    case player
    /// An enemy.
    case enemy
    /// The cell behind an enemy or gold.
    case trail
    /// Gold.
    case gold
  }

  /// What crosses the board in a lane.
  private struct Crosser: Hashable, Codable {
    var column: Int8
    let movesRight: Bool
    let isGold: Bool
  }

  private static let rampPeriod: Int16 = 100

  private let rampsDifficulty: Bool
  private var playerRow: Int8 = 5
  private var playerColumn: Int8 = 5
  /// Of the rows 1 to 8.
  private var lanes = Board<8, Crosser?>(repeating: nil)
  private var spawnPeriod: Int16 = 10
  private var spawnTimer: Int16 = 10
  private var movePeriod: Int16 = 5
  private var moveTimer: Int16 = 5
  private var rampTimer = Self.rampPeriod
  /// How often the game became more difficult.
  private var rampCount: Int16 = 0

  /// A game that waits for its first reset.
  public init(rampsDifficulty: Bool) { self.rampsDifficulty = rampsDifficulty }

  /// The name of its definitions' kind.
  public static var kind: String { "asterix" }

  /// All but fire.
  public static var minimalActions: [MinAtarAction] { [.noOperation, .left, .up, .right, .down] }

  /// True.
  public static var canRampDifficulty: Bool { true }

  /// What a channel looks like.
  public static func tile(_ channel: Channel) -> MinAtarTile {
    switch channel {
    case .player: MinAtarTile(255, 255, 255)
    case .enemy: MinAtarTile(0, 114, 178)
    case .trail: MinAtarTile(60, 60, 60, .dot)
    case .gold: MinAtarTile(240, 200, 40)
    }
  }

  /// Starts with free lanes; draws nothing.
  public mutating func reset(using random: inout some Randomness) {
    self = Asterix(rampsDifficulty: rampsDifficulty)
  }

  /// Spawns, moves the player, then what crosses the board.
  public mutating func step(_ action: MinAtarAction, using random: inout some Randomness) -> Outcome {
    if spawnTimer == 0 {
      spawn(using: &random)
      spawnTimer = spawnPeriod
    }
    switch action {
    case .left: playerColumn = max(0, playerColumn - 1)
    case .right: playerColumn = min(9, playerColumn + 1)
    case .up: playerRow = max(1, playerRow - 1)
    case .down: playerRow = min(8, playerRow + 1)
    case .noOperation, .fire: break
    }

    var outcome = Outcome(reward: 0)
    meet(lane: Int(playerRow) - 1, &outcome)
    if moveTimer == 0 {
      moveTimer = movePeriod
      for lane in lanes.indices {
        guard var crosser = lanes[lane] else { continue }
        crosser.column += crosser.movesRight ? 1 : -1
        lanes[lane] = CellSet.columns.contains(crosser.column) ? crosser : nil
      }
      meet(lane: Int(playerRow) - 1, &outcome)
    }

    spawnTimer -= 1
    moveTimer -= 1
    if rampsDifficulty && (spawnPeriod > 1 || movePeriod > 1) { ramp() }
    return outcome
  }

  /// Collects the gold or meets the enemy in the player's cell.
  private mutating func meet(lane: Int, _ outcome: inout Outcome) {
    guard let crosser = lanes[lane], crosser.column == playerColumn else { return }
    if crosser.isGold {
      outcome.reward += 1
      lanes[lane] = nil
    } else {
      outcome.ending = .terminated
    }
  }

  private mutating func spawn(using random: inout some Randomness) {
    let movesRight = random.chance(1 / 2)
    let isGold = random.chance(1 / 3)
    var free = 0
    for lane in lanes.indices where lanes[lane] == nil { free += 1 }
    if free == 0 { return }
    var skipped = random.index(below: free)
    for lane in lanes.indices where lanes[lane] == nil {
      if skipped == 0 {
        lanes[lane] = Crosser(column: movesRight ? 0 : 9, movesRight: movesRight, isGold: isGold)
        return
      }
      skipped -= 1
    }
  }

  private mutating func ramp() {
    if rampTimer >= 0 {
      rampTimer -= 1
      return
    }
    if rampCount % 2 == 1 { movePeriod = max(1, movePeriod - 1) }
    spawnPeriod = max(1, spawnPeriod - 1)
    rampCount += 1
    rampTimer = Self.rampPeriod
  }

  /// The player, and what is in each lane.
  @inline(__always)
  public func forEachThing(_ visit: (Channel, _ cell: Int) -> Void) {
    visit(.player, CellSet.index(row: playerRow, column: playerColumn))
    for lane in lanes.indices {
      guard let crosser = lanes[lane] else { continue }
      let row = Int8(truncatingIfNeeded: lane &+ 1)
      visit(crosser.isGold ? .gold : .enemy, CellSet.index(row: row, column: crosser.column))
      let behind = crosser.column &+ (crosser.movesRight ? -1 : 1)
      if CellSet.columns.contains(behind) { visit(.trail, CellSet.index(row: row, column: behind)) }
    }
  }
}

import RandomStreams

/// Shoot a swarm of aliens before it is down: the rules of MinAtar's Space Invaders.
public struct SpaceInvaders: MinAtarGame {
  /// What can be on the board.
  public enum Channel: Int, CaseIterable, Sendable {
    /// The cannon, in the bottom row.
    case cannon
    /// An alien.
    case alien
    /// An alien that moves left.
    case alienMovingLeft
    /// An alien that moves right.
    case alienMovingRight
    /// A bullet of the player's.
    case bullet
    /// A bullet of an alien's.
    case alienBullet
  }

  private static let swarm = CellSet(rows: 0..<4, columns: 2..<8)
  private static let slowestMovePeriod: Int8 = 12
  private static let fastestMovePeriod: Int8 = 6
  private static let alienShotPeriod: Int8 = 10
  private static let shotPeriod: Int8 = 5

  private let rampsDifficulty: Bool
  private var cannonColumn: Int8 = 5
  private var shotTimer: Int8 = 0
  private var bullets = CellSet()
  private var alienBullets = CellSet()
  private var aliens = Self.swarm
  private var aliensMoveRight = false
  private var movePeriod = Self.slowestMovePeriod
  private var moveTimer = Self.slowestMovePeriod
  private var alienShotTimer = Self.alienShotPeriod

  /// A game that waits for its first reset.
  public init(rampsDifficulty: Bool) { self.rampsDifficulty = rampsDifficulty }

  /// The name of its definitions' kind.
  public static var kind: String { "space-invaders" }

  /// No-op, left, right, fire.
  public static var minimalActions: [MinAtarAction] { [.noOperation, .left, .right, .fire] }

  /// True.
  public static var canRampDifficulty: Bool { true }

  /// What a channel looks like.
  public static func tile(_ channel: Channel) -> MinAtarTile {
    switch channel {
    case .cannon: MinAtarTile(255, 255, 255)
    // Never seen: each alien is in one of the next two channels as well.
    case .alien: MinAtarTile(50, 50, 50)
    case .alienMovingLeft: MinAtarTile(0, 158, 115)
    case .alienMovingRight: MinAtarTile(213, 130, 170)
    case .bullet: MinAtarTile(240, 228, 66, .dot)
    case .alienBullet: MinAtarTile(170, 40, 0, .dot)
    }
  }

  /// Starts with a whole swarm; draws nothing.
  public mutating func reset(using random: inout some Randomness) {
    self = SpaceInvaders(rampsDifficulty: rampsDifficulty)
  }

  /// Moves the cannon, the bullets and the swarm; draws nothing.
  public mutating func step(_ action: MinAtarAction, using random: inout some Randomness) -> Outcome {
    switch action {
    case .fire where shotTimer == 0:
      bullets.insert(row: 9, column: Int(cannonColumn))
      shotTimer = Self.shotPeriod
    case .left: cannonColumn = max(0, cannonColumn - 1)
    case .right: cannonColumn = min(9, cannonColumn + 1)
    case .noOperation, .up, .down, .fire: break
    }

    var outcome = Outcome(reward: 0)
    bullets = bullets.movedUp
    alienBullets = alienBullets.movedDown
    if isCannon(in: alienBullets) || isCannon(in: aliens) { outcome.ending = .terminated }
    if moveTimer == 0 {
      moveTimer = min(Int8(aliens.count), movePeriod)
      if moveSwarm() || isCannon(in: aliens) { outcome.ending = .terminated }
    }
    if alienShotTimer == 0 {
      alienShotTimer = Self.alienShotPeriod
      shoot()
    }

    let hits = aliens.intersection(bullets)
    outcome.reward = Float(hits.count)
    aliens.subtract(hits)
    bullets.subtract(hits)

    if shotTimer > 0 { shotTimer -= 1 }
    moveTimer -= 1
    alienShotTimer -= 1
    if aliens.isEmpty {
      if rampsDifficulty { movePeriod = max(Self.fastestMovePeriod, movePeriod - 1) }
      aliens = Self.swarm
    }
    return outcome
  }

  private func isCannon(in cells: CellSet) -> Bool { cells.contains(row: 9, column: Int(cannonColumn)) }

  /// Moves all aliens to the side or, at the wall, down; true if they are as far down as they can be.
  private mutating func moveSwarm() -> Bool {
    guard !aliens.column(aliensMoveRight ? 9 : 0).isEmpty else {
      aliens = aliens.moved(columns: aliensMoveRight ? 1 : -1)
      return false
    }
    aliensMoveRight.toggle()
    let isDown = !aliens.row(9).isEmpty
    aliens = aliens.rotatedDown
    return isDown
  }

  /// Lets the lowest alien of the column closest to the cannon shoot.
  private mutating func shoot() {
    func closeness(_ column: Int) -> Int { abs(column - Int(cannonColumn)) }
    var shooter: (row: Int, column: Int)?
    for column in 0..<CellSet.side {
      if let shooter, closeness(shooter.column) <= closeness(column) { continue }
      if let row = aliens.column(column).lowestRow { shooter = (row, column) }
    }
    if let shooter { alienBullets.insert(row: shooter.row, column: shooter.column) }
  }

  /// The cannon, the swarm and all bullets.
  @inline(__always)
  public func forEachThing(_ visit: (Channel, _ cell: Int) -> Void) {
    visit(.cannon, CellSet.index(row: 9, column: cannonColumn))
    let direction = aliensMoveRight ? Channel.alienMovingRight : .alienMovingLeft
    aliens.forEach {
      visit(.alien, $0)
      visit(direction, $0)
    }
    bullets.forEach { visit(.bullet, $0) }
    alienBullets.forEach { visit(.alienBullet, $0) }
  }
}

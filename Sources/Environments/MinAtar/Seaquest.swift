import RandomStreams

/// Shoot what swims, rescue divers, and come up for air: the rules of MinAtar's Seaquest.
public struct Seaquest: MinAtarGame {
  /// What can be on the board.
  public enum Channel: Int, CaseIterable, Sendable {
    /// The front of the player's submarine.
    case front
    /// Its back.
    case back
    /// A bullet of the player's.
    case bullet
    /// The cell behind an enemy or a diver.
    case trail
    /// A bullet of an enemy's.
    case enemyBullet
    /// A fish.
    case fish
    /// An enemy submarine.
    case submarine
    /// The gauge of the oxygen, in the bottom row.
    case oxygen
    /// The gauge of the divers on board, in the bottom row.
    case diversOnBoard
    /// A diver in the water.
    case diver
  }

  /// An enemy or a diver.
  private struct Swimmer: Hashable, Codable {
    var row: Int8
    var column: Int8
    let movesRight: Bool
    var moveTimer: Int8
    /// Of a submarine; 0 in others.
    var shotTimer: Int8 = 0

    static let nobody = Swimmer(row: 0, column: 0, movesRight: false, moveTimer: 0)
  }

  private struct Bullet: Hashable, Codable {
    let row: Int8
    var column: Int8
    let movesRight: Bool

    static let none = Bullet(row: 0, column: 0, movesRight: false)
  }

  private static let fullOxygen: Int16 = 200
  private static let mostDivers: Int8 = 6
  private static let diverSpawnPeriod: Int8 = 30
  private static let diverMovePeriod: Int8 = 5
  private static let shotPeriod: Int8 = 5
  private static let enemyShotPeriod: Int8 = 10

  private let rampsDifficulty: Bool
  private var row: Int8 = 0
  private var column: Int8 = 5
  private var facesRight = false
  private var isSurfaced = true
  private var oxygen = Self.fullOxygen
  /// Below 0 after surfacing with a full boat.
  private var diversOnBoard: Int32 = 0
  private var shotTimer: Int8 = 0
  private var enemySpawnPeriod: Int8 = 20
  private var enemySpawnTimer: Int8 = 20
  private var diverSpawnTimer = Self.diverSpawnPeriod
  private var movePeriod: Int8 = 5
  /// How often the game became more difficult.
  private var rampCount: Int8 = 0
  // The oldest first. At most one enemy comes a step, and none stays for more than 30 steps once so many come (before,
  // it stays for 60, but at most every 15th step one comes). A submarine has one bullet in the water at a time, which
  // is gone after 10 steps. A shot takes 5 steps, a diver comes every 30 and stays for 60.
  private var fish = BoundedList<48, Swimmer>(filler: .nobody)
  private var submarines = BoundedList<48, Swimmer>(filler: .nobody)
  private var divers = BoundedList<4, Swimmer>(filler: .nobody)
  private var bullets = BoundedList<4, Bullet>(filler: .none)
  private var enemyBullets = BoundedList<64, Bullet>(filler: .none)

  /// A game that waits for its first reset.
  public init(rampsDifficulty: Bool) { self.rampsDifficulty = rampsDifficulty }

  /// The name of its definitions' kind.
  public static var kind: String { "seaquest" }

  /// All six.
  public static var minimalActions: [MinAtarAction] { MinAtarAction.allCases }

  /// True.
  public static var canRampDifficulty: Bool { true }

  /// What a channel looks like.
  public static func tile(_ channel: Channel) -> MinAtarTile {
    switch channel {
    case .front: MinAtarTile(255, 255, 255)
    case .back: MinAtarTile(240, 228, 66)
    case .bullet: MinAtarTile(86, 180, 233, .dot)
    case .trail: MinAtarTile(40, 40, 48, .dot)
    case .enemyBullet: MinAtarTile(230, 97, 0, .dot)
    case .fish: MinAtarTile(213, 60, 0)
    case .submarine: MinAtarTile(178, 24, 90)
    case .oxygen: MinAtarTile(140, 205, 140)
    case .diversOnBoard: MinAtarTile(0, 90, 60)
    case .diver: MinAtarTile(255, 225, 235)
    }
  }

  /// Starts at the surface in empty water; draws nothing.
  public mutating func reset(using random: inout some Randomness) {
    self = Seaquest(rampsDifficulty: rampsDifficulty)
  }

  /// Spawns, moves the player's submarine, then everything else, and breathes.
  public mutating func step(_ action: MinAtarAction, using random: inout some Randomness) -> Outcome {
    if enemySpawnTimer == 0 {
      spawnEnemy(using: &random)
      enemySpawnTimer = enemySpawnPeriod
    }
    if diverSpawnTimer == 0 {
      spawnDiver(using: &random)
      diverSpawnTimer = Self.diverSpawnPeriod
    }
    act(action)

    var outcome = Outcome(reward: 0)
    moveBullets(&outcome)
    moveDivers()
    moveSubmarines(&outcome)
    moveEnemyBullets(&outcome)
    for index in fish.indices.reversed() {
      let (moved, place) = move(&fish, at: index, &bullets, &outcome)
      if let place { fish[place] = moved }
    }

    if enemySpawnTimer > 0 { enemySpawnTimer -= 1 }
    if diverSpawnTimer > 0 { diverSpawnTimer -= 1 }
    if shotTimer > 0 { shotTimer -= 1 }
    breathe(&outcome)
    return outcome
  }

  private mutating func spawnEnemy(using random: inout some Randomness) {
    let movesRight = random.chance(1 / 2)
    let isSubmarine = random.chance(1 / 3)
    let row = Int8(1 + random.index(below: 8))
    let isOncoming = { (other: Swimmer) in other.row == row && other.movesRight != movesRight }
    if fish.firstIndex(where: isOncoming) != nil || submarines.firstIndex(where: isOncoming) != nil { return }
    var enemy = Swimmer(row: row, column: movesRight ? 0 : 9, movesRight: movesRight, moveTimer: movePeriod)
    if isSubmarine {
      enemy.shotTimer = Self.enemyShotPeriod
      submarines.append(enemy)
    } else {
      fish.append(enemy)
    }
  }

  private mutating func spawnDiver(using random: inout some Randomness) {
    let movesRight = random.chance(1 / 2)
    let row = Int8(1 + random.index(below: 8))
    divers.append(
      Swimmer(
        row: row, column: movesRight ? 0 : 9, movesRight: movesRight, moveTimer: Self.diverMovePeriod))
  }

  private mutating func act(_ action: MinAtarAction) {
    switch action {
    case .fire where shotTimer == 0:
      bullets.append(Bullet(row: row, column: column, movesRight: facesRight))
      shotTimer = Self.shotPeriod
    case .left:
      column = max(0, column - 1)
      facesRight = false
    case .right:
      column = min(9, column + 1)
      facesRight = true
    case .up: row = max(0, row - 1)
    case .down: row = min(8, row + 1)
    case .noOperation, .fire: break
    }
  }

  private mutating func moveBullets(_ outcome: inout Outcome) {
    for index in bullets.indices.reversed() {
      var bullet = bullets[index]
      bullet.column += bullet.movesRight ? 1 : -1
      bullets[index] = bullet
      let isHit = { (enemy: Swimmer) in enemy.row == bullet.row && enemy.column == bullet.column }
      if !CellSet.columns.contains(bullet.column) {
        bullets.removeFirst(equalToThatAt: index)
      } else if let hit = fish.firstIndex(where: isHit) {
        fish.remove(at: hit)
        bullets.removeFirst(equalToThatAt: index)
        outcome.reward += 1
      } else if let hit = submarines.firstIndex(where: isHit) {
        submarines.remove(at: hit)
        bullets.removeFirst(equalToThatAt: index)
        outcome.reward += 1
      }
    }
  }

  private mutating func moveDivers() {
    for index in divers.indices.reversed() {
      var diver = divers[index]
      if rescue(diver, at: index) { continue }
      if diver.moveTimer > 0 {
        divers[index].moveTimer -= 1
        continue
      }
      diver.moveTimer = Self.diverMovePeriod
      diver.column += diver.movesRight ? 1 : -1
      divers[index] = diver
      if !CellSet.columns.contains(diver.column) {
        divers.removeFirst(equalToThatAt: index)
      } else {
        _ = rescue(diver, at: index)
      }
    }
  }

  /// Takes a diver on board who is at the front, if there is room.
  private mutating func rescue(_ diver: Swimmer, at index: Int) -> Bool {
    guard isFront(diver.row, diver.column) && diversOnBoard < Self.mostDivers else { return false }
    divers.removeFirst(equalToThatAt: index)
    diversOnBoard += 1
    return true
  }

  private func isFront(_ row: Int8, _ column: Int8) -> Bool { row == self.row && column == self.column }

  private mutating func moveSubmarines(_ outcome: inout Outcome) {
    for index in submarines.indices.reversed() {
      var (submarine, place) = move(&submarines, at: index, &bullets, &outcome)
      if submarine.shotTimer == 0 {
        submarine.shotTimer = Self.enemyShotPeriod
        enemyBullets.append(
          Bullet(row: submarine.row, column: submarine.column, movesRight: submarine.movesRight))
      } else {
        submarine.shotTimer -= 1
      }
      if let place { submarines[place] = submarine }
    }
  }

  /// Moves an enemy.
  ///
  /// - Returns: the enemy as it is now, and its place in the list, which the caller writes; nil if it is gone.
  private func move(
    _ enemies: inout BoundedList<48, Swimmer>, at index: Int, _ bullets: inout BoundedList<4, Bullet>,
    _ outcome: inout Outcome
  ) -> (Swimmer, place: Int?) {
    var enemy = enemies[index]
    if isFront(enemy.row, enemy.column) { outcome.ending = .terminated }
    if enemy.moveTimer > 0 {
      enemy.moveTimer -= 1
      return (enemy, index)
    }
    enemy.moveTimer = movePeriod
    enemy.column += enemy.movesRight ? 1 : -1
    enemies[index] = enemy
    if !CellSet.columns.contains(enemy.column) {
      return (enemy, enemies.removeFirst(equalToThatAt: index))
    }
    if isFront(enemy.row, enemy.column) {
      outcome.ending = .terminated
    } else if let hit = bullets.firstIndex(where: { $0.row == enemy.row && $0.column == enemy.column }) {
      bullets.remove(at: hit)
      outcome.reward += 1
      return (enemy, enemies.removeFirst(equalToThatAt: index))
    }
    return (enemy, index)
  }

  private mutating func moveEnemyBullets(_ outcome: inout Outcome) {
    for index in enemyBullets.indices.reversed() {
      var bullet = enemyBullets[index]
      if isFront(bullet.row, bullet.column) { outcome.ending = .terminated }
      bullet.column += bullet.movesRight ? 1 : -1
      enemyBullets[index] = bullet
      if !CellSet.columns.contains(bullet.column) {
        enemyBullets.removeFirst(equalToThatAt: index)
      } else if isFront(bullet.row, bullet.column) {
        outcome.ending = .terminated
      }
    }
  }

  private mutating func breathe(_ outcome: inout Outcome) {
    if oxygen <= 0 { outcome.ending = .terminated }
    if row > 0 {
      oxygen -= 1
      isSurfaced = false
    } else if !isSurfaced {
      if diversOnBoard == 0 {
        outcome.ending = .terminated
      } else {
        surface(&outcome)
      }
    }
  }

  private mutating func surface(_ outcome: inout Outcome) {
    isSurfaced = true
    if diversOnBoard == Self.mostDivers {
      outcome.reward += Float(oxygen * 10 / Self.fullOxygen)
      diversOnBoard = 0
    }
    oxygen = Self.fullOxygen
    diversOnBoard -= 1
    if rampsDifficulty && (enemySpawnPeriod > 1 || movePeriod > 2) {
      if rampCount % 2 == 1 { movePeriod = max(2, movePeriod - 1) }
      enemySpawnPeriod = max(1, enemySpawnPeriod - 1)
      rampCount += 1
    }
  }

  /// The submarine, all that swims and shoots, and the gauges.
  @inline(__always)
  public func forEachThing(_ visit: (Channel, _ cell: Int) -> Void) {
    visit(.front, CellSet.index(row: row, column: column))
    visit(.back, CellSet.index(row: row, column: column &+ (facesRight ? -1 : 1)))
    let lit = max(0, oxygen) * 10 / Self.fullOxygen
    for column in 0..<Int8(lit) { visit(.oxygen, CellSet.index(row: 9, column: column)) }
    for column in 9 - Int8(max(0, diversOnBoard))..<9 {
      visit(.diversOnBoard, CellSet.index(row: 9, column: column))
    }
    for index in bullets.indices {
      visit(.bullet, CellSet.index(row: bullets[index].row, column: bullets[index].column))
    }
    for index in enemyBullets.indices {
      visit(.enemyBullet, CellSet.index(row: enemyBullets[index].row, column: enemyBullets[index].column))
    }
    for index in fish.indices { Self.show(fish[index], as: .fish, visit) }
    for index in submarines.indices { Self.show(submarines[index], as: .submarine, visit) }
    for index in divers.indices { Self.show(divers[index], as: .diver, visit) }
  }

  @inline(__always)
  private static func show(_ swimmer: Swimmer, as channel: Channel, _ visit: (Channel, Int) -> Void) {
    visit(channel, CellSet.index(row: swimmer.row, column: swimmer.column))
    let behind = swimmer.column &+ (swimmer.movesRight ? -1 : 1)
    if CellSet.columns.contains(behind) { visit(.trail, CellSet.index(row: swimmer.row, column: behind)) }
  }
}

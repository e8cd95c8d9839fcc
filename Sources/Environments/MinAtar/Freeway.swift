import RandomStreams

/// Cross a road of eight lanes, again and again: the rules of MinAtar's Freeway.
public struct Freeway: MinAtarGame {
  /// What can be on the board.
  public enum Channel: Int, CaseIterable, Sendable {
    /// The chicken, in column 4.
    case chicken
    /// A car.
    case car
    /// The cell behind a car that moves every second step.
    case speed1
    /// The cell behind a car that moves every third step.
    case speed2
    /// The cell behind a car that moves every fourth step.
    case speed3
    /// The cell behind a car that moves every fifth step.
    case speed4
    /// The cell behind a car that moves every sixth step.
    case speed5
  }

  private struct Car: Hashable, Codable {
    var column: Int8
    var timer: Int8
    /// 1 to 5: for how many steps it waits before it moves.
    var wait: Int8
    var movesRight: Bool
  }

  private static let chickenColumn: Int8 = 4
  private static let chickenPeriod: Int8 = 3

  private var chickenRow: Int8 = 9
  private var chickenTimer = Self.chickenPeriod
  /// Of the rows 1 to 8.
  private var cars = Board<8, Car>(repeating: Car(column: 0, timer: 1, wait: 1, movesRight: true))

  /// A game that waits for its first reset; it does not become more difficult.
  public init(rampsDifficulty: Bool) {}

  /// The name of its definitions' kind.
  public static var kind: String { "freeway" }

  /// No-op, up, down.
  public static var minimalActions: [MinAtarAction] { [.noOperation, .up, .down] }

  /// False.
  public static var canRampDifficulty: Bool { false }

  /// What a channel looks like.
  public static func tile(_ channel: Channel) -> MinAtarTile {
    switch channel {
    case .chicken: MinAtarTile(255, 255, 255)
    case .car: MinAtarTile(230, 159, 0)
    case .speed1: MinAtarTile(140, 210, 240)
    case .speed2: MinAtarTile(0, 160, 130)
    case .speed3: MinAtarTile(0, 110, 170)
    case .speed4: MinAtarTile(80, 40, 110)
    case .speed5: MinAtarTile(40, 40, 40)
    }
  }

  /// Puts all cars to the left and draws their speeds.
  public mutating func reset(using random: inout some Randomness) {
    self = Freeway(rampsDifficulty: false)
    drawSpeeds(using: &random)
  }

  /// Moves the chicken, then the cars; draws new speeds where the chicken arrives.
  public mutating func step(_ action: MinAtarAction, using random: inout some Randomness) -> Outcome {
    if chickenTimer == 0 && (action == .up || action == .down) {
      chickenTimer = Self.chickenPeriod
      chickenRow = action == .up ? max(0, chickenRow - 1) : min(9, chickenRow + 1)
    }
    var outcome = Outcome(reward: 0)
    if chickenRow == 0 {
      outcome.reward = 1
      drawSpeeds(using: &random)
      chickenRow = 9
    }
    for lane in cars.indices {
      var car = cars[lane]
      hit(car, lane: lane)
      if car.timer == 0 {
        car.timer = car.wait
        car.column = Self.column(car.column, movedRight: car.movesRight)
        hit(car, lane: lane)
      } else {
        car.timer -= 1
      }
      cars[lane] = car
    }
    if chickenTimer > 0 { chickenTimer -= 1 }
    return outcome
  }

  /// Sends the chicken back if it is in the car's cell.
  private mutating func hit(_ car: Car, lane: Int) {
    if car.column == Self.chickenColumn && chickenRow == lane + 1 { chickenRow = 9 }
  }

  /// The next column to a side, around the board.
  private static func column(_ column: Int8, movedRight: Bool) -> Int8 {
    if movedRight { return column == 9 ? 0 : column + 1 }
    return column == 0 ? 9 : column - 1
  }

  private mutating func drawSpeeds(using random: inout some Randomness) {
    for lane in cars.indices {
      let wait = Int8(1 + random.index(below: 5))
      cars[lane].wait = wait
      cars[lane].timer = wait
    }
    for lane in cars.indices { cars[lane].movesRight = random.uniform() > 0.5 }
  }

  /// The chicken, and each car with its trail.
  @inline(__always)
  public func forEachThing(_ visit: (Channel, _ cell: Int) -> Void) {
    visit(.chicken, CellSet.index(row: chickenRow, column: Self.chickenColumn))
    for lane in cars.indices {
      let car = cars[lane]
      let row = Int8(truncatingIfNeeded: lane &+ 1)
      visit(.car, CellSet.index(row: row, column: car.column))
      guard let speed = Channel(rawValue: Channel.car.rawValue &+ Int(car.wait)) else { continue }
      visit(speed, CellSet.index(row: row, column: Self.column(car.column, movedRight: !car.movesRight)))
    }
  }
}

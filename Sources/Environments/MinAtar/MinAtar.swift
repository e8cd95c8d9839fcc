import RandomStreams

/// A MinAtar game as an environment, with the actions and the view that a definition chooses.
public struct MinAtar<Game: MinAtarGame>: Environment {
  /// NumPy's legacy generator, as in the reference package.
  public typealias Generator = MersenneTwister

  /// Which actions there are.
  public enum ActionSet: String, Hashable, Sendable, CaseIterable {
    /// All six, whatever the game.
    case all
    /// Those that do something.
    case minimal
  }

  /// What an observation shows.
  public enum View: String, Hashable, Sendable, CaseIterable {
    /// A plane of 0 and 1 for each channel.
    case planes
    /// A gray image of 42 × 42 pixels.
    case smallPixels = "pixels-42"
    /// A gray image of 84 × 84 pixels.
    case largePixels = "pixels-84"
  }

  /// The game.
  public private(set) var game: Game
  private var isOver = true
  private var playable = BoundedList<6, MinAtarAction>(filler: .noOperation)
  /// How the board is drawn; nil for planes.
  private let pixels: PixelView?

  /// A game that waits for its first reset.
  public init(actions: ActionSet = .all, view: View = .planes, rampsDifficulty: Bool = true) {
    game = Game(rampsDifficulty: rampsDifficulty)
    for action in actions == .all ? MinAtarAction.allCases : Game.minimalActions { playable.append(action) }
    pixels =
      switch view {
      case .planes: nil
      case .smallPixels: Self.pixelView(size: 42)
      case .largePixels: Self.pixelView(size: 84)
      }
  }

  /// The game, and whether it is over.
  public struct State: Codable, Sendable {
    fileprivate let game: Game
    fileprivate let isOver: Bool
  }

  /// All that an episode changes.
  public var state: State {
    get { State(game: game, isOver: isOver) }
    set {
      game = newValue.game
      isOver = newValue.isOver
    }
  }

  private static func pixelView(size: Int) -> PixelView {
    PixelView(size: size, rows: CellSet.side, columns: CellSet.side, tileCount: channelCount) {
      index, picture in
      if let channel = Game.Channel(rawValue: index) {
        Game.tile(channel).draw(into: &picture, size: picture.width)
      }
    }
  }

  private static var channelCount: Int { Game.Channel.allCases.count }

  /// 10 × 10 × channels of 0 and 1, or one channel of gray pixels.
  public var observationSpace: BoxSpace {
    pixels?.space
      ?? BoxSpace(
        height: CellSet.side, width: CellSet.side, channels: Self.channelCount,
        rawMaxima: Array(repeating: 1, count: Self.channelCount))
  }

  /// The actions in the order no-op, left, up, right, down, fire.
  public var actions: [String] { playable.indices.map { playable[$0].rawValue } }

  /// Starts an episode of the game.
  public mutating func reset(using random: inout some Randomness) {
    game.reset(using: &random)
    isOver = false
  }

  /// Takes a step of the game.
  public mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    precondition(!isOver, "reset before the next step")
    let outcome = game.step(playable[action], using: &random)
    isOver = outcome.ending != nil
    return outcome
  }

  /// Writes the planes or the pixels.
  public func observe(into frame: inout MutableSpan<Float>) {
    frame.update(repeating: 0)
    if let pixels {
      forEachTile { channel, row, column in
        pixels.draw(channel.rawValue, row: row, column: column, into: &frame)
      }
    } else {
      let count = Self.channelCount
      game.forEachThing { channel, cell in frame[cell &* count &+ channel.rawValue] = 1 }
    }
  }

  /// The board in color, with the tiles of the pixel views.
  public func picture() -> Picture {
    let size = 16
    var picture = Picture(width: CellSet.side * size, height: CellSet.side * size)
    forEachTile { channel, row, column in
      Game.tile(channel).draw(into: &picture, row: row * size, column: column * size, size: size)
    }
    return picture
  }

  /// Calls a function with the highest channel in each cell that is not empty.
  private func forEachTile(_ visit: (Game.Channel, _ row: Int, _ column: Int) -> Void) {
    var highest = Board<100, Game.Channel?>(repeating: nil)
    game.forEachThing { channel, cell in
      if let other = highest[cell], other.rawValue > channel.rawValue { return }
      highest[cell] = channel
    }
    for cell in highest.indices {
      if let channel = highest[cell] { visit(channel, cell / CellSet.side, cell % CellSet.side) }
    }
  }

  /// Hashes what changes in an episode.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(game)
  }
}

extension MinAtar: DefinableEnvironment {
  static var kind: String { Game.kind }

  static var parameterKeys: [String] { ["actions"] }

  static var optionalParameterKeys: [String] {
    ["view"] + (Game.canRampDifficulty ? ["difficulty-ramping"] : [])
  }

  init(_ parameters: DefinitionReader, timeLimit: Int) throws(EnvironmentError) {
    self.init(
      actions: try parameters.choice("actions"),
      view: parameters.has("view") ? try parameters.choice("view") : .planes,
      rampsDifficulty: parameters.has("difficulty-ramping")
        ? try parameters.boolean("difficulty-ramping") : true)
  }
}

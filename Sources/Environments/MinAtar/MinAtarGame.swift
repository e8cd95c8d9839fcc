import RandomStreams

/// The rules of one MinAtar game: what is on the board, and what a step does. ``MinAtar`` makes an environment of it.
public protocol MinAtarGame: Hashable, Sendable, Codable {
  /// What can be on the board; the raw values count from 0 in the order of the observation's channels.
  associatedtype Channel: RawRepresentable<Int> & CaseIterable & Sendable

  /// The word for the game in a definition.
  static var kind: String { get }

  /// The actions that do something, and to do nothing.
  static var minimalActions: [MinAtarAction] { get }

  /// Whether the game can become more difficult in the course of an episode.
  static var canRampDifficulty: Bool { get }

  /// What a channel looks like on a picture.
  static func tile(_ channel: Channel) -> MinAtarTile

  /// A game that waits for its first reset.
  ///
  /// - Parameter rampsDifficulty: whether it becomes more difficult; of no effect on a game that cannot.
  init(rampsDifficulty: Bool)

  /// Starts an episode.
  mutating func reset(using random: inout some Randomness)

  /// Takes an action.
  ///
  /// - Precondition: the episode has not ended.
  mutating func step(_ action: MinAtarAction, using random: inout some Randomness) -> Outcome

  /// Calls a function with the channel of each thing on the board and the index of its cell, row by row from 0; in any
  /// order, and more than once for a cell where several things are alike.
  func forEachThing(_ visit: (Channel, _ cell: Int) -> Void)
}

import RandomStreams

/// A world that an agent acts in, as a value: it owns its whole state, so a copy is a snapshot, and equal values have
/// equal futures.
///
/// All randomness comes from outside, so that the same environment can be driven by a generator or by an enumerator.
/// An environment does not limit its time (``EpisodeRules`` do) and does not reset itself.
public protocol Environment: Hashable, Sendable {
  /// The generator that a seed gives its episodes: that of the reference package where there is one.
  associatedtype Generator: SeededRandomness = RandomStream

  /// All that an episode changes; what was set when the environment was made is not part of it.
  associatedtype State: Codable & Sendable

  /// All that an episode changes: an environment that was made alike and is given the state goes on in the same way.
  var state: State { get set }

  /// The shape and the bounds of its observations; the same at all times.
  var observationSpace: BoxSpace { get }

  /// The names of the actions, at the index by which they are taken; the same at all times.
  var actions: [String] { get }

  /// Starts a new episode; nothing of the last one remains.
  mutating func reset(using random: inout some Randomness)

  /// Takes the action at an index of ``actions``.
  ///
  /// - Precondition: the environment was reset, and its episode has not ended since.
  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome

  /// Writes every entry of the current observation: rows, then columns, then channels.
  ///
  /// - Precondition: the frame has as many entries as ``observationSpace``.
  func observe(into frame: inout MutableSpan<Float>)

  /// The whole world as a person would look at it.
  func picture() -> Picture

  /// Where the agent faces, as the index of right, down, left, up; nil in worlds without a direction.
  var direction: Int? { get }
}

extension Environment where Self: Codable {
  /// The environment itself.
  public var state: Self {
    get { self }
    set { self = newValue }
  }
}

extension Environment {
  /// The observation in gray, one pixel a position: the greatest of its channels, from the lower bound in black to the
  /// upper in white.
  public func picture() -> Picture {
    let space = observationSpace
    var observation = [Float](repeating: 0, count: space.count)
    var frame = observation.mutableSpan
    observe(into: &frame)
    var picture = Picture(width: space.width, height: space.height)
    for row in 0..<space.height {
      for column in 0..<space.width {
        let first = (row * space.width + column) * space.channels
        let greatest = observation[first..<first + space.channels].max() ?? space.low
        let share = (greatest - space.low) / (space.high - space.low)
        picture[row, column] = Picture.Color(gray: UInt8((share * 255).rounded()))
      }
    }
    return picture
  }

  /// No direction.
  public var direction: Int? { nil }
}

import RandomStreams

/// The lanes of one concrete environment, which need not be in a catalog.
///
/// It knows nothing of time: an environment that may not end by itself comes wrapped in a ``TimeLimit``.
public struct EnvironmentVector<Base: Environment>: VectorEnvironment, Hashable {
  /// The id of the environment.
  public let id: String
  private var lanes: [Lane<Base>]

  /// Lanes that all wait for a seed.
  ///
  /// - Precondition: `count` is positive.
  public init(id: String, _ environment: Base, count: Int) {
    precondition(count > 0, "a vector has at least one lane")
    self.id = id
    lanes = Array(repeating: Lane(environment), count: count)
  }

  /// The shape and the bounds of one lane's observations.
  public var observationSpace: BoxSpace { lanes[0].environment.observationSpace }

  /// The names of the actions, at the index by which they are taken.
  public var actions: [String] { lanes[0].environment.actions }

  /// The number of lanes.
  public var count: Int { lanes.count }

  /// Starts an episode in a lane, with the generator `RandomStream(seed: seed)`.
  public mutating func reset(_ index: Int, seed: UInt64) {
    lanes[index].reset(seed: seed)
  }

  /// Starts an episode in a lane that goes on with the lane's generator.
  public mutating func reset(_ index: Int) {
    lanes[index].reset()
  }

  /// Takes one step in every lane, or only in those that are running; see ``VectorEnvironment``.
  public mutating func step(_ actions: [Int], running: [Bool]?, outcomes: inout [Outcome]) {
    precondition(actions.count == count && outcomes.count == count, "one action and one outcome a lane")
    precondition(running == nil || running?.count == count, "each lane is running or not")
    for index in lanes.indices {
      outcomes[index] = running?[index] ?? true ? lanes[index].step(actions[index]) : Outcome(reward: 0)
    }
  }

  /// Writes a lane's current observation.
  public func observe(_ index: Int, into frame: inout MutableSpan<Float>) {
    precondition(frame.count == observationSpace.count, "a frame has one entry for each of the space")
    lanes[index].environment.observe(into: &frame)
  }

  /// Writes the current observations of all lanes, one after the other.
  public func observeAll(into frames: inout MutableSpan<Float>) {
    let size = observationSpace.count
    precondition(frames.count == count * size, "there is one frame for each lane")
    for index in lanes.indices {
      // Swift 6.3's name for the operation: the one without the underscore is deprecated.
      var frame = frames._mutatingExtracting(index * size..<(index + 1) * size)
      lanes[index].environment.observe(into: &frame)
    }
  }
}

/// One environment with the generator that drives it.
private struct Lane<Base: Environment>: Hashable {
  private(set) var environment: Base
  private var random = RandomStream(seed: 0)
  private var phase = Phase.unseeded

  private enum Phase {
    /// Nobody has chosen the generator yet.
    case unseeded
    case running
    case ended
  }

  init(_ environment: Base) {
    self.environment = environment
  }

  mutating func reset(seed: UInt64) {
    random = RandomStream(seed: seed)
    environment.reset(using: &random)
    phase = .running
  }

  mutating func reset() {
    precondition(phase != .unseeded, "the first reset of a lane needs a seed")
    environment.reset(using: &random)
    phase = .running
  }

  mutating func step(_ action: Int) -> Outcome {
    precondition(phase == .running, "a lane must be reset before it steps")
    let outcome = environment.step(action, using: &random)
    if outcome.ending != nil { phase = .ended }
    return outcome
  }
}

import RandomStreams

/// The lanes of one concrete environment, which need not be in a catalog.
///
/// The hot methods are compiled once more for each environment of the catalog (SE-0460): called through
/// `any VectorEnvironment` they would otherwise look up every step of every lane.
public struct EnvironmentVector<Base: Environment>: VectorEnvironment, Hashable {
  /// The id of the environment.
  public let id: String
  private let camera: Camera?
  /// The environment before its first reset: an episode from a seed depends on nothing else.
  private let fresh: RuledEnvironment<Base>
  private var environments: [RuledEnvironment<Base>]
  private var lanes: [Lane<Base.Generator>]

  /// Lanes that all wait for a seed.
  ///
  /// - Precondition: `count` is positive.
  public init(id: String, _ environment: Base, rules: EpisodeRules, camera: Camera? = nil, count: Int) {
    precondition(count > 0, "a vector has at least one lane")
    self.id = id
    self.camera = camera
    observationSpace = camera?.space(of: environment.observationSpace) ?? environment.observationSpace
    fresh = RuledEnvironment(environment, rules: rules)
    environments = Array(repeating: fresh, count: count)
    lanes = Array(repeating: Lane(camera: camera), count: count)
  }

  /// The shape and the bounds of one lane's observations.
  public let observationSpace: BoxSpace

  /// The names of the actions, at the index by which they are taken.
  public var actions: [String] { fresh.actions }

  /// The number of lanes.
  public var count: Int { lanes.count }

  /// Starts an episode in a lane as in a new one, with the generator of the seed.
  public mutating func reset(_ index: Int, seed: UInt64) {
    environments[index] = fresh
    lanes[index].seed(seed)
    lanes[index].start(&environments[index])
  }

  /// Starts an episode in a lane that goes on with the lane's generator.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == GridWorld)
    @specialized(where Base == MinAtar<Breakout>)
    @specialized(where Base == MinAtar<Asterix>)
    @specialized(where Base == MinAtar<Freeway>)
    @specialized(where Base == MinAtar<Seaquest>)
    @specialized(where Base == MinAtar<SpaceInvaders>)
  #endif
  public mutating func reset(_ index: Int) {
    lanes[index].start(&environments[index])
  }

  /// Takes one step in every lane, or only in those that are running; see ``VectorEnvironment``.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == GridWorld)
    @specialized(where Base == MinAtar<Breakout>)
    @specialized(where Base == MinAtar<Asterix>)
    @specialized(where Base == MinAtar<Freeway>)
    @specialized(where Base == MinAtar<Seaquest>)
    @specialized(where Base == MinAtar<SpaceInvaders>)
  #endif
  public mutating func step(_ actions: [Int], running: [Bool]?, outcomes: inout [Outcome]) {
    precondition(actions.count == count && outcomes.count == count, "one action and one outcome a lane")
    precondition(running == nil || running?.count == count, "each lane is running or not")
    for index in lanes.indices {
      outcomes[index] =
        running?[index] ?? true
        ? lanes[index].step(&environments[index], actions[index]) : Outcome(reward: 0)
    }
  }

  /// Writes a lane's current observation.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == GridWorld)
    @specialized(where Base == MinAtar<Breakout>)
    @specialized(where Base == MinAtar<Asterix>)
    @specialized(where Base == MinAtar<Freeway>)
    @specialized(where Base == MinAtar<Seaquest>)
    @specialized(where Base == MinAtar<SpaceInvaders>)
  #endif
  public func observe(_ index: Int, into frame: inout MutableSpan<Float>) {
    precondition(frame.count == observationSpace.count, "a frame has one entry for each of the space")
    precondition(lanes.indices.contains(index), "there is no lane \(index)")
    environments.withUnsafeBufferPointer { $0[index].observe(into: &frame) }
    if camera != nil { lanes[index].capture(&frame, of: fresh.observationSpace) }
  }

  /// Writes the current observations of all lanes, one after the other.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == GridWorld)
    @specialized(where Base == MinAtar<Breakout>)
    @specialized(where Base == MinAtar<Asterix>)
    @specialized(where Base == MinAtar<Freeway>)
    @specialized(where Base == MinAtar<Seaquest>)
    @specialized(where Base == MinAtar<SpaceInvaders>)
  #endif
  public func observeAll(into frames: inout MutableSpan<Float>) {
    let size = observationSpace.count
    precondition(frames.count == count * size, "there is one frame for each lane")
    // The elements of a buffer pointer are looked at where they are; an array's or a span's would be copied first.
    environments.withUnsafeBufferPointer { environments in
      for index in environments.indices {
        // Swift 6.3's name for the operation: the one without the underscore is deprecated.
        var frame = frames._mutatingExtracting(index * size..<(index + 1) * size)
        environments[index].observe(into: &frame)
        if camera != nil { lanes[index].capture(&frame, of: fresh.observationSpace) }
      }
    }
  }

  /// The world of a lane as a person would look at it.
  public func picture(_ index: Int) -> Picture { environments[index].picture() }

  /// Where a lane's agent faces.
  public func direction(_ index: Int) -> Int? { environments[index].direction }
}

/// What drives one environment, and what looks at it.
private struct Lane<Generator: SeededRandomness>: Hashable {
  private(set) var random = Generator(seed: 0)
  private var camera: Camera?
  private var cameraRandom = RandomStream(seed: 0, stream: .camera)
  private var phase = Phase.unseeded

  private enum Phase {
    /// Nobody has chosen the generator yet.
    case unseeded
    case running
    case ended
  }

  init(camera: Camera?) { self.camera = camera }

  mutating func seed(_ seed: UInt64) {
    random = Generator(seed: seed)
    cameraRandom = RandomStream(seed: seed, stream: .camera)
    phase = .ended
  }

  mutating func start(_ environment: inout some Environment) {
    precondition(phase != .unseeded, "the first reset of a lane needs a seed")
    environment.reset(using: &random)
    camera?.start(using: &cameraRandom)
    phase = .running
  }

  mutating func step(_ environment: inout some Environment, _ action: Int) -> Outcome {
    precondition(phase == .running, "a lane must be reset before it steps")
    let outcome = environment.step(action, using: &random)
    camera?.advance(using: &cameraRandom)
    if outcome.ending != nil { phase = .ended }
    return outcome
  }

  func capture(_ frame: inout MutableSpan<Float>, of space: BoxSpace) {
    camera?.capture(&frame, of: space)
  }
}

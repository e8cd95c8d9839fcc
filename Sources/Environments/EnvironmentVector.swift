import Foundation
import RandomStreams

/// The lanes of one concrete environment, which need not be in a catalog.
///
/// The hot methods are compiled once more for each environment of the catalog (SE-0460): called through
/// `any VectorEnvironment` they would otherwise look up every step of every lane.
public struct EnvironmentVector<Base: Environment>: VectorEnvironment, Hashable {
  /// The id of the environment.
  public let id: String
  /// The shape and the bounds of one lane's observations.
  public let observationSpace: BoxSpace
  /// The space before the camera.
  private let worldSpace: BoxSpace
  /// The environment before its first reset: an episode from a seed depends on nothing else.
  private let fresh: RuledEnvironment<Base>
  private let hasCamera: Bool
  private var lanes: [Lane<Base>]

  /// Lanes that all wait for a seed.
  ///
  /// - Precondition: `count` is positive.
  public init(id: String, _ environment: Base, rules: EpisodeRules, camera: Camera? = nil, count: Int) {
    precondition(count > 0, "a vector has at least one lane")
    self.id = id
    worldSpace = environment.observationSpace
    hasCamera = camera != nil
    observationSpace = camera?.space(of: worldSpace) ?? worldSpace
    fresh = RuledEnvironment(environment, rules: rules)
    lanes = Array(repeating: Lane(fresh, camera: camera), count: count)
  }

  /// The names of the actions, at the index by which they are taken.
  public var actions: [String] { fresh.actions }

  /// The number of lanes.
  public var count: Int { lanes.count }

  /// Some of the lanes, as a vector of their own.
  public func part(_ lanes: Range<Int>) -> any VectorEnvironment {
    precondition(!lanes.isEmpty, "a vector has at least one lane")
    var part = self
    part.lanes = Array(self.lanes[lanes])
    return part
  }

  /// Starts an episode in a lane as in a new one, with the generator of the seed.
  public mutating func reset(_ index: Int, seed: UInt64) {
    lanes[index].reset(fresh, seed: seed)
  }

  /// Starts an episode in a lane that goes on with the lane's generator.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == Pong)
    @specialized(where Base == GridWorld)
    @specialized(where Base == MinAtar<Breakout>)
    @specialized(where Base == MinAtar<Asterix>)
    @specialized(where Base == MinAtar<Freeway>)
    @specialized(where Base == MinAtar<Seaquest>)
    @specialized(where Base == MinAtar<SpaceInvaders>)
  #endif
  public mutating func reset(_ index: Int) {
    lanes[index].reset()
  }

  /// Takes one step in every lane, or only in those that are running; see ``VectorEnvironment``.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == Pong)
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
      outcomes[index] = running?[index] ?? true ? lanes[index].step(actions[index]) : Outcome(reward: 0)
    }
  }

  /// Writes a lane's current observation.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == Pong)
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
    lanes.withUnsafeBufferPointer { $0[index].environment.base.observe(into: &frame) }
    if hasCamera { lanes[index].capture(&frame, of: worldSpace) }
  }

  /// Writes the current observations of all lanes, one after the other.
  #if compiler(>=6.3)
    @specialized(where Base == Catch)
    @specialized(where Base == Pong)
    @specialized(where Base == GridWorld)
    @specialized(where Base == MinAtar<Breakout>)
    @specialized(where Base == MinAtar<Asterix>)
    @specialized(where Base == MinAtar<Freeway>)
    @specialized(where Base == MinAtar<Seaquest>)
    @specialized(where Base == MinAtar<SpaceInvaders>)
  #endif
  public func observeAll(into frames: inout MutableSpan<Float>) {
    let (size, space) = (observationSpace.count, worldSpace)
    precondition(frames.count == count * size, "there is one frame for each lane")
    // Through a buffer pointer, because an array's or a span's elements are copied to be looked at.
    lanes.withUnsafeBufferPointer { lanes in
      for index in lanes.indices {
        // Swift 6.3's name for the operation: the one without the underscore is deprecated.
        var frame = frames._mutatingExtracting(index * size..<(index + 1) * size)
        lanes[index].environment.base.observe(into: &frame)
        if hasCamera { lanes[index].capture(&frame, of: space) }
      }
    }
  }

  /// All that episodes change in all lanes.
  public func savedState() throws -> Data {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return try encoder.encode(lanes.map(\.state))
  }

  /// Goes on where a vector like this one was.
  public mutating func restore(_ state: Data) throws {
    let states = try PropertyListDecoder().decode([Lane<Base>.State].self, from: state)
    guard states.count == count else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "the state has \(states.count) lanes instead of \(count)"))
    }
    for index in lanes.indices { lanes[index].state = states[index] }
  }

  /// The world of a lane as a person would look at it.
  public func picture(_ index: Int) -> Picture { lanes[index].environment.picture() }

  /// Where a lane's agent faces.
  public func direction(_ index: Int) -> Int? { lanes[index].environment.direction }
}

/// One environment with the generators that drive it and its camera.
private struct Lane<Base: Environment>: Hashable {
  private(set) var environment: RuledEnvironment<Base>
  private var random = Base.Generator(seed: 0)
  private var camera: Camera?
  private var cameraRandom = RandomStream(seed: 0, stream: .camera)
  private var phase = Phase.unseeded

  fileprivate enum Phase: String, Codable {
    /// Nobody has chosen the generator yet.
    case unseeded
    case running
    case ended
  }

  init(_ environment: RuledEnvironment<Base>, camera: Camera?) {
    self.environment = environment
    self.camera = camera
  }

  struct State: Codable {
    let environment: RuledEnvironment<Base>.State
    let random: Base.Generator
    let camera: Camera?
    let cameraRandom: RandomStream
    let phase: Phase
  }

  var state: State {
    get {
      State(
        environment: environment.state, random: random, camera: camera, cameraRandom: cameraRandom,
        phase: phase)
    }
    set {
      environment.state = newValue.environment
      (random, camera, cameraRandom, phase) = (
        newValue.random, newValue.camera, newValue.cameraRandom, newValue.phase
      )
    }
  }

  mutating func reset(_ fresh: RuledEnvironment<Base>, seed: UInt64) {
    environment = fresh
    random = Base.Generator(seed: seed)
    cameraRandom = RandomStream(seed: seed, stream: .camera)
    start()
  }

  mutating func reset() {
    precondition(phase != .unseeded, "the first reset of a lane needs a seed")
    start()
  }

  private mutating func start() {
    environment.reset(using: &random)
    camera?.start(using: &cameraRandom)
    phase = .running
  }

  mutating func step(_ action: Int) -> Outcome {
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

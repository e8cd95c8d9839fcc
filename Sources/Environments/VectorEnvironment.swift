import Foundation

/// Many independent copies of one environment, the lanes, each with a generator of its own.
///
/// A value: a copy is a snapshot of all lanes, generators included. The environment's type is erased here, once for all
/// lanes, and not at every step.
public protocol VectorEnvironment: Sendable {
  /// The id of the environment, such as `catch-v1`.
  var id: String { get }

  /// The shape and the bounds of one lane's observations.
  var observationSpace: BoxSpace { get }

  /// The names of the actions, at the index by which they are taken.
  var actions: [String] { get }

  /// The number of lanes.
  var count: Int { get }

  /// Some of the lanes, as a vector of their own that goes on from here.
  ///
  /// - Precondition: there is at least one, and all are lanes.
  func part(_ lanes: Range<Int>) -> any VectorEnvironment

  /// Starts an episode in a lane as in a new one, with the generator of the seed: ``Environment/Generator``.
  ///
  /// - Precondition: `index` is that of a lane.
  mutating func reset(_ index: Int, seed: UInt64)

  /// Starts an episode in a lane that goes on with the lane's generator.
  ///
  /// - Precondition: `index` is that of a lane, and the lane was given a seed before.
  mutating func reset(_ index: Int)

  /// Takes one step in every lane, or only in those that are running.
  ///
  /// - Parameters:
  ///   - actions: one action for each lane; ignored where the lane is not running.
  ///   - running: for each lane whether it steps; nil for all.
  ///   - outcomes: receives one outcome for each lane; no reward and no ending where the lane is not running.
  /// - Precondition: all arrays have an element for each lane, and the lanes that step were reset since their last
  ///   ending.
  mutating func step(_ actions: [Int], running: [Bool]?, outcomes: inout [Outcome])

  /// Writes a lane's current observation: rows, then columns, then channels.
  ///
  /// - Precondition: `index` is that of a lane, and the frame has as many entries as ``observationSpace``.
  func observe(_ index: Int, into frame: inout MutableSpan<Float>)

  /// Writes the current observations of all lanes, one after the other: lanes × height × width × channels.
  ///
  /// - Precondition: there are ``count`` times as many entries as in ``observationSpace``.
  func observeAll(into frames: inout MutableSpan<Float>)

  /// All that episodes change in all lanes, generators and cameras included.
  ///
  /// - Throws: what the encoder throws for an environment whose state cannot be encoded.
  func savedState() throws -> Data

  /// Goes on where a vector like this one, of the same environment and as many lanes, was when its state was saved.
  ///
  /// - Throws: `DecodingError` for the state of another vector.
  mutating func restore(_ state: Data) throws

  /// The world of a lane as a person would look at it, before the camera.
  ///
  /// - Precondition: `index` is that of a lane.
  func picture(_ index: Int) -> Picture

  /// Where a lane's agent faces, as the index of right, down, left, up; nil in worlds without a direction.
  ///
  /// - Precondition: `index` is that of a lane.
  func direction(_ index: Int) -> Int?
}

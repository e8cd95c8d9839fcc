public import RandomStreams

/// A world that an agent acts in, as a value: it owns its whole state, so a copy is a snapshot, and equal values have
/// equal futures.
///
/// All randomness comes from outside, so that the same environment can be driven by a generator or by an enumerator.
/// An environment does not limit its time (``TimeLimit`` does) and does not reset itself.
public protocol Environment: Hashable, Sendable {
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
}

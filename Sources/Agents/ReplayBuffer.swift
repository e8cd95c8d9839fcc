import Environments
import Episodes
import Foundation
import RandomStreams
import Tensors

/// The last transitions of several lanes, drawn from uniformly.
///
/// Each lane is a ring of moments, in the order in which they were lived: a frame as it was seen, and what was done and
/// came of it. Behind an episode's last step stands a moment of its own with the frame that was left. So each frame is
/// there once, what follows a moment is the next one, and stacks of frames are put together when a moment is drawn. Where
/// the first frame was attacked, the clean one that fills the rest of its stack stands before it as a moment, too.
struct ReplayBuffer: Sendable {
  /// A batch of transitions over up to n steps; all have one row or element each.
  struct Batch: Sendable {
    /// s: [batch, height, width, frames·channels].
    let observations: Tensor
    /// What was done there.
    let actions: [Int]
    /// r₁ + γ·r₂ + … up to the n-th step or the end.
    let returns: [Float]
    /// s′, the observation behind those steps.
    let next: Tensor
    /// The factor for the value of s′: γ to the number of steps; 0 where the episode terminated, so that nothing follows.
    /// A truncated episode goes on in its value.
    let discounts: [Float]
  }

  /// What is known of a moment beside its frame.
  struct Moment: Hashable, Sendable {
    /// The index of the action; −1 where none was taken: behind an episode's last step, or before its first.
    var action: Int32
    var reward: Float
    /// Whether this is an episode's first frame, which stands for those before it.
    var isFirst: Bool
    /// Whether the action taken here ended what counts: the episode terminated, or came to a reward that is taken for an end.
    var isTerminated: Bool

    /// Whether an action was taken.
    var isStep: Bool { action >= 0 }

    /// A frame with no action.
    static func frame(isFirst: Bool) -> Moment {
      Moment(action: -1, reward: 0, isFirst: isFirst, isTerminated: false)
    }
  }

  /// A ring of moments and their frames.
  struct Lane: Hashable, Sendable {
    let capacity: Int
    var frames: FrameStore
    var moments: [Moment] = []
    /// Where the oldest moment is, and the next one goes when the ring is full.
    var oldest = 0
    /// Whether the next moment starts an episode.
    var startsEpisode = true

    init(capacity: Int, frameLength: Int) {
      self.capacity = capacity
      frames = FrameStore(length: frameLength, capacity: capacity)
      moments.reserveCapacity(capacity)
    }

    /// Makes room for a moment and gives its place.
    mutating func append(_ moment: Moment) -> Int {
      guard moments.count == capacity else {
        moments.append(moment)
        return moments.count - 1
      }
      let place = oldest
      moments[place] = moment
      oldest = (oldest + 1) % capacity
      return place
    }

    /// The moments field by field, since arrays of numbers are saved as they lie in memory.
    struct State: Codable {
      fileprivate let frames: FrameStore.State
      fileprivate let actions: Data
      fileprivate let rewards: Tensor
      /// Two bits each: whether it is the first, and whether it terminated.
      fileprivate let flags: Data
      fileprivate let oldest: Int
      fileprivate let startsEpisode: Bool
    }

    var savedState: State {
      State(
        frames: frames.savedState, actions: moments.map(\.action).withUnsafeBytes { Data($0) },
        rewards: Tensor(moments.map(\.reward)),
        flags: Data(moments.map { ($0.isFirst ? 1 : 0) | ($0.isTerminated ? 2 : 0) }), oldest: oldest,
        startsEpisode: startsEpisode)
    }

    mutating func restore(_ state: State) {
      frames.restore(state.frames)
      var actions = [Int32](repeating: 0, count: state.flags.count)
      _ = actions.withUnsafeMutableBytes { state.actions.copyBytes(to: $0) }
      moments.removeAll(keepingCapacity: true)
      for ((action, reward), flags) in zip(zip(actions, state.rewards.elements), state.flags) {
        moments.append(
          Moment(action: action, reward: reward, isFirst: flags & 1 != 0, isTerminated: flags & 2 != 0))
      }
      oldest = state.oldest
      startsEpisode = state.startsEpisode
    }

    /// The place of the moment of an age, 0 for the oldest.
    func place(_ age: Int) -> Int {
      let place = oldest + age
      return place < moments.count ? place : place - moments.count
    }

    subscript(age: Int) -> Moment { moments[place(age)] }

    /// How many steps a transition from this age takes, at most `steps`; nil when there is none, because no action was
    /// taken, its end has not been lived yet, or its stack of frames is no longer whole.
    func length(from age: Int, steps: Int, frames: Int) -> Int? {
      if !self[age].isStep || moments.count - age < 2 { return nil }
      var length = 1
      while length < steps, !self[age + length - 1].isTerminated, self[age + length].isStep {
        length += 1
        if age + length >= moments.count { return nil }
      }
      // Everything above the oldest moments is whole.
      if age < frames - 1, !(0...age).contains(where: { self[$0].isFirst }) { return nil }
      return length
    }
  }

  /// One frame.
  let frame: BoxSpace
  /// Frames in an observation.
  let frames: Int
  private(set) var lanes: [Lane]

  /// Room for `capacity` moments of observations of `frames` frames, shared out over lanes.
  init(capacity: Int, lanes: Int, frame: BoxSpace, frames: Int) {
    self.frame = frame
    self.frames = frames
    let each = max(capacity / lanes, 2)
    self.lanes = (0..<lanes).map { _ in Lane(capacity: each, frameLength: frame.count) }
  }

  /// The number of moments held; one or two of each episode are no transitions.
  var count: Int { lanes.reduce(0) { $0 + $1.moments.count } }

  /// The memory that frames and moments take, in bytes.
  var size: Int {
    lanes.reduce(0) { $0 + $1.frames.size + $1.moments.count * MemoryLayout<Moment>.stride }
  }

  /// All moments of all lanes.
  struct State: Codable {
    fileprivate let lanes: [Lane.State]
  }

  var savedState: State { State(lanes: lanes.map(\.savedState)) }

  /// Holds what a replay of the same size held.
  /// - Throws: `DecodingError` for what another one held.
  mutating func restore(_ state: State) throws {
    guard state.lanes.count == lanes.count else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "a replay of \(state.lanes.count) lanes, not \(lanes.count)"))
    }
    for index in lanes.indices { lanes[index].restore(state.lanes[index]) }
  }

  /// Begins empty in lanes that may be within an episode: their first frames stand for none before them.
  mutating func begin(withinEpisodes isWithin: [Bool]) {
    for index in lanes.indices { lanes[index].startsEpisode = !isWithin[index] }
  }

  /// Adds a step of all lanes; the oldest moments make room.
  /// - Parameter rewardTerminates: whether a reward other than 0 is taken for an episode's end.
  mutating func append(_ step: Rollout.Step, rewardTerminates: Bool = false) {
    let (depth, channels) = (frame.channels * frames, frame.channels)
    let length = frame.count * frames
    step.delivered.withElements { seen in
      step.next.withElements { next in
        for (row, lane) in step.lanes.enumerated() {
          let oldest = row * length
          let newest = oldest + depth - channels
          let outcome = step.outcomes[row]
          func add(_ moment: Moment, _ source: Span<Float>, _ start: Int) {
            let place = lanes[lane].append(moment)
            lanes[lane].frames.write(source, start: start, run: channels, stride: depth, to: place)
          }
          var isFirst = lanes[lane].startsEpisode
          if isFirst, !areEqual(seen, oldest, newest, depth: depth) {
            add(.frame(isFirst: true), seen, oldest)
            isFirst = false
          }
          add(
            Moment(
              action: Int32(step.actions[row]), reward: outcome.reward, isFirst: isFirst,
              isTerminated: outcome.ending == .terminated || rewardTerminates && outcome.reward != 0), seen,
            newest)
          lanes[lane].startsEpisode = outcome.ending != nil
          if outcome.ending != nil { add(.frame(isFirst: false), next, newest) }
        }
      }
    }
  }

  /// Whether two frames of a stack are the same, bit for bit.
  private func areEqual(_ stack: Span<Float>, _ first: Int, _ second: Int, depth: Int) -> Bool {
    for pixel in stride(from: 0, to: frame.height * frame.width * depth, by: depth) {
      for channel in pixel..<(pixel + frame.channels) {
        if stack[first + channel].bitPattern != stack[second + channel].bitPattern { return false }
      }
    }
    return true
  }

  /// Transitions drawn independently, each with the same chance.
  /// - Parameters:
  ///   - size: how many.
  ///   - steps: the n of n-step returns.
  /// - Precondition: there is at least one.
  func sample(_ size: Int, steps: Int = 1, discount: Float, using random: inout RandomStream) -> Batch {
    let longest = lanes.map(\.moments.count).max()!
    precondition(longest > steps, "nothing to draw \(steps)-step transitions from")
    var chosen: [(lane: Int, age: Int, length: Int)] = []
    chosen.reserveCapacity(size)
    // What is not a transition is drawn again, so that all that are have the same chance.
    while chosen.count < size {
      let (lane, age) = (random.index(below: lanes.count), random.index(below: longest))
      guard age < lanes[lane].moments.count,
        let length = lanes[lane].length(from: age, steps: steps, frames: frames)
      else { continue }
      chosen.append((lane, age, length))
    }
    var returns: [Float] = []
    var discounts: [Float] = []
    for (lane, age, length) in chosen {
      let lane = lanes[lane]
      var (sum, factor) = (Float(0), Float(1))
      for step in age..<(age + length) {
        sum += factor * lane[step].reward
        factor *= discount
      }
      returns.append(sum)
      discounts.append(lane[age + length - 1].isTerminated ? 0 : factor)
    }
    return Batch(
      observations: observations(at: chosen.map { ($0.lane, $0.age) }),
      actions: chosen.map { Int(lanes[$0.lane][$0.age].action) }, returns: returns,
      next: observations(at: chosen.map { ($0.lane, $0.age + $0.length) }), discounts: discounts)
  }

  /// The observations of some moments, put together from their frames: before an episode's first frame stands that frame.
  private func observations(at moments: [(lane: Int, age: Int)]) -> Tensor {
    let (depth, channels) = (frame.channels * frames, frame.channels)
    let length = frame.count * frames
    return Tensor(shape: [moments.count, frame.height, frame.width, depth]) { target in
      for (row, moment) in moments.enumerated() {
        let lane = lanes[moment.lane]
        var age = moment.age
        for position in (0..<frames).reversed() {
          lane.frames.read(
            lane.place(age), into: &target, start: row * length + position * channels, run: channels,
            stride: depth)
          if !lane[age].isFirst { age -= 1 }
        }
      }
    }
  }
}

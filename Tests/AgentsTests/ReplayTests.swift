import Attacks
import Environments
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Tensors
import Testing

@testable import Agents
@testable import Episodes

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

@Suite struct ReplayTests {
  /// Steps of all lanes whose frames say which they are, and what was drawn from a replay of them.
  @Test(arguments: [1, 3, 5])
  func returnsByTheirDefinition(_ steps: Int) throws {
    let file = try Safetensors(
      contentsOf: repository.appending(path: "Tests/NetworksTests/Fixtures/returns.safetensors"))
    func column(_ name: String) throws -> [Float] { try #require(file[name]).elements }
    let (rewards, endings) = (try column("rewards"), try column("endings"))
    let (sums, factors) = (try column("\(steps)-step.returns"), try column("\(steps)-step.factors"))
    var replay = ReplayBuffer(
      capacity: 1000, lanes: 3, frame: BoxSpace(height: 1, width: 1, channels: 1), frames: 1)
    for step in 0..<23 {
      func frames(_ offset: Float) -> Tensor {
        Tensor((0..<3).map { Float(3 * step + $0) + offset }, shape: [3, 1, 1, 1])
      }
      let outcomes = (0..<3).map { lane -> Outcome in
        let row = 3 * step + lane
        return Outcome(
          reward: rewards[row], ending: endings[row] == 1 ? .terminated : endings[row] == 2 ? .truncated : nil
        )
      }
      replay.append(
        Rollout.Step(
          lanes: [0, 1, 2], clean: frames(0), delivered: frames(0), memory: Memory(),
          actions: [step, step, step],
          cleanActions: [0, 0, 0], outcomes: outcomes, next: frames(0.5)))
    }
    var random = RandomStream(seed: 1)
    let batch = replay.sample(3000, steps: steps, discount: 0.9, using: &random)
    var seen: Set<Int> = []
    for row in 0..<3000 {
      let index = Int(batch.observations.elements[row])
      seen.insert(index)
      #expect(batch.actions[row] == index / 3)
      #expect(abs(batch.returns[row] - sums[index]) < 1e-5)
      #expect(abs(batch.discounts[row] - factors[index]) < 1e-5)
      // The frame behind the window: that of the step there, or the last of the episode.
      var last = index
      for _ in 1..<steps where endings[last] == 0 { last += 3 }
      #expect(batch.next.elements[row] == (endings[last] == 0 ? Float(last + 3) : Float(last) + 0.5))
    }
    // All of which the end is known, whose chance not to be drawn is below 10⁻¹⁷ each. In the newest step it is known
    // only where an episode ended.
    let known = factors.indices.filter { factors[$0] >= 0 && ($0 < 66 || endings[$0] > 0 || steps > 1) }
    let drawable = known.filter { index in
      var last = index
      for _ in 1..<steps where endings[last] == 0 { last += 3 }
      return endings[last] > 0 || last + 3 < 69
    }
    #expect(seen == Set(drawable))
  }

  /// A reward that is taken for an end cuts returns as a terminated episode does, and the frame behind it is the next one.
  @Test(arguments: [1, 3])
  func rewardsThatTerminateCutReturns(_ steps: Int) {
    let rewards: [Float] = [0, 0, 1, 0, -1, -1, 0, 0, 0, 0, 2, 0]
    var replay = ReplayBuffer(
      capacity: 100, lanes: 1, frame: BoxSpace(height: 1, width: 1, channels: 1), frames: 1)
    for (step, reward) in rewards.enumerated() {
      let frames = (0...1).map { Tensor([Float(step + $0)], shape: [1, 1, 1, 1]) }
      replay.append(
        Rollout.Step(
          lanes: [0], clean: frames[0], delivered: frames[0], memory: Memory(), actions: [0],
          cleanActions: [0],
          outcomes: [Outcome(reward: reward)], next: frames[1]), rewardTerminates: true)
    }
    var random = RandomStream(seed: 1)
    let batch = replay.sample(500, steps: steps, discount: 0.5, using: &random)
    for row in 0..<500 {
      let first = Int(batch.observations.elements[row])
      let end = (first..<min(first + steps, rewards.count)).first { rewards[$0] != 0 }
      let length = (end ?? first + steps - 1) - first + 1
      #expect(batch.returns[row] == (end.map { rewards[$0] * [1, 0.5, 0.25][$0 - first] } ?? 0))
      #expect(batch.discounts[row] == (end == nil ? [0.5, 0.25, 0.125][length - 1] : 0))
      #expect(batch.next.elements[row] == Float(first + length))
    }
  }

  /// A replay that begins within an episode holds no stack of which it has not seen all frames.
  @Test func aReplayThatBeginsLateInventsNoFrames() throws {
    var replay = ReplayBuffer(
      capacity: 100, lanes: 2, frame: BoxSpace(height: 1, width: 1, channels: 1), frames: 3)
    replay.begin(withinEpisodes: [true, false])
    for step in 0..<8 {
      // The stacks of a lane that has stepped five times before, and of one that begins.
      let late = (3...5).map { Float($0 + step) }
      let fresh = (0..<3).map { Float(100 + max(0, step + $0 - 2)) }
      let next = (4...6).map { Float($0 + step) } + (1...3).map { Float(100 + max(0, step + $0 - 2)) }
      let seen = Tensor(late + fresh, shape: [2, 1, 1, 3])
      replay.append(
        Rollout.Step(
          lanes: [0, 1], clean: seen, delivered: seen, memory: Memory(), actions: [step, step],
          cleanActions: [0, 0],
          outcomes: [Outcome(reward: 0), Outcome(reward: 0)], next: Tensor(next, shape: [2, 1, 1, 3])))
    }
    var random = RandomStream(seed: 1)
    let batch = replay.sample(500, steps: 1, discount: 0.9, using: &random)
    for row in 0..<500 {
      let (stack, step) = (Array(batch.observations.elements[(row * 3)..<(row * 3 + 3)]), batch.actions[row])
      if stack[2] < 100 {
        #expect(stack == (3...5).map { Float($0 + step) } && step >= 2)
      } else {
        #expect(stack == (0..<3).map { Float(100 + max(0, step + $0 - 2)) })
      }
    }
  }

  /// A replay in which no transition may be left is refused, where drawing from it would never end.
  @Test func replaysWithoutRoomForATransitionAreRefused() throws {
    let definition = try catalog.definition(for: "catch-v1")
    var configuration = DQN.Configuration()
    (configuration.lanes, configuration.frames) = (64, 4)
    (configuration.replayCapacity, configuration.learningStart) = (256, 256)
    #expect(throws: ConfigurationError.self) {
      try DQN(configuration, environments: definition.makeVector(count: 64), seed: 0)
    }
    (configuration.replayCapacity, configuration.learningStart, configuration.stepsPerUpdate) = (512, 512, 0)
    let error = #expect(throws: ConfigurationError.self) {
      try DQN(configuration, environments: definition.makeVector(count: 64), seed: 0)
    }
    #expect(error?.settings == ["steps-per-update"])
  }

  /// Stacks are put together bit for bit as they were seen, attacked or not, also when old frames have made room.
  @Test(arguments: [nil, "noise"], [60, 1000])
  func stacksAreWhatWasSeen(_ attack: String?, _ capacity: Int) throws {
    let vector = try catalog.definition(for: "catch-v1").makeVector(count: 2)
    let frames = 3
    var random = RandomStream(seed: 4)
    let policy = NetworkPolicy(
      try Network(
        .init(input: [10, 10, frames], layers: [.flatten, .dense(outputs: 3, activation: .identity)]),
        initializer: .orthogonal, using: &random))
    let attacker = try attack.map {
      try Attacker($0, against: policy, within: ThreatModel(epsilon: Epsilon(8, over: 255)))
    }
    var rollout = Rollout(vector, frames: frames)
    rollout.startTraining(seed: 1)
    var replay = ReplayBuffer(capacity: capacity, lanes: 2, frame: vector.observationSpace, frames: frames)
    // By a number of each moment, which stands in for its action.
    var lived: [(seen: [Float], next: [Float], reward: Float, isTerminated: Bool)] = []
    for _ in 0..<80 {
      let step = try rollout.step(policy, attacker: attacker) { lanes, _ in
        lanes.map { _ in random.index(below: 3) }
      }
      let numbers = (0..<2).map { lived.count + $0 }
      replay.append(
        Rollout.Step(
          lanes: step.lanes, clean: step.clean, delivered: step.delivered, memory: step.memory,
          actions: numbers, cleanActions: step.cleanActions, outcomes: step.outcomes, next: step.next))
      for lane in 0..<2 {
        lived.append(
          (
            step.delivered.slice(lane..<(lane + 1)).elements, step.next.slice(lane..<(lane + 1)).elements,
            step.outcomes[lane].reward, step.outcomes[lane].ending == .terminated
          ))
      }
      _ = rollout.restartEnded()
    }
    let batch = replay.sample(600, discount: 0.9, using: &random)
    #expect(Set(batch.actions).count > (capacity < 100 ? 30 : 100))
    for row in 0..<600 {
      let moment = lived[batch.actions[row]]
      let isSeen = batch.observations.slice(row..<(row + 1)).elements == moment.seen
      #expect(isSeen)
      #expect(batch.returns[row] == moment.reward)
      #expect(batch.discounts[row] == (moment.isTerminated ? 0 : 0.9))
      // What follows was seen as it was delivered, which is not what `next` holds when the next step was attacked: then
      // the older frames alone are the same.
      let next = batch.next.slice(row..<(row + 1))
      let expected = Tensor(moment.next, shape: [1, 10, 10, frames])
      if attack == nil {
        #expect(next == expected)
      } else {
        let older = 0..<(frames - 1)
        #expect(next.slice(older, alongAxis: -1) == expected.slice(older, alongAxis: -1))
      }
    }
  }

  @Test func frameStoreKeepsEveryBit() {
    var store = FrameStore(length: 4, capacity: 10)
    var written: [[Float]] = []
    func write(_ frame: [Float], to place: Int) {
      store.write(frame.span, start: 0, run: 4, stride: 4, to: place)
      if place == written.count { written.append(frame) } else { written[place] = frame }
    }
    func check(_ comment: Comment) {
      for (place, frame) in written.enumerated() {
        let read = Tensor(shape: [4]) { store.read(place, into: &$0, start: 0, run: 4, stride: 4) }
        #expect(read.elements.map(\.bitPattern) == frame.map(\.bitPattern), comment)
      }
    }
    write([0, 1, -0.0, .nan], to: 0)
    for level in 0..<63 { write((0..<4).map { Float(4 * level + $0) / 255 }, to: level + 1) }
    #expect(store.isInBytes)
    check("254 values and a few")
    #expect(store.size == 64 * 4)
    write([0.1234, 0.2345, 0.3456, 1], to: 5)
    #expect(!store.isInBytes)
    check("more than 256 values")
    write([9, 8, 7, 6], to: 64)
    write([5, 4, 3, 2], to: 0)
    check("floats")
    #expect(store.size == 65 * 4 * 4)
  }

  /// A million transitions of four 84×84 frames, or of one of 10×10×4, from what a thousand of each take.
  @Test(arguments: [(84, 1, 4, 8_000_000_000), (10, 4, 1, 500_000_000)])
  func memoryOfAMillionTransitions(_ side: Int, _ channels: Int, _ frames: Int, _ limit: Int) throws {
    let space = BoxSpace(height: side, width: side, channels: channels)
    var replay = ReplayBuffer(capacity: 1000, lanes: 4, frame: space, frames: frames)
    var random = RandomStream(seed: 6)
    for _ in 0..<250 {
      let frame = Tensor(shape: [4, side, side, channels * frames]) { frame in
        for index in frame.indices { frame[index] = Float(random.index(below: 256)) / 255 }
      }
      replay.append(
        Rollout.Step(
          lanes: [0, 1, 2, 3], clean: frame, delivered: frame, memory: Memory(), actions: [0, 0, 0, 0],
          cleanActions: [0, 0, 0, 0], outcomes: Array(repeating: Outcome(reward: 1), count: 4), next: frame))
    }
    #expect(replay.count == 1000)
    #expect(replay.size * 1000 <= limit)
    #expect(replay.size >= 1000 * side * side * channels)
    // What is reckoned with beforehand is never less, whether bytes suffice or not.
    #expect(FrameStore.size(of: space) == 5 * side * side * channels)
    let pixels = BoxSpace(
      height: side, width: side, channels: channels, rawMaxima: Array(repeating: 255, count: channels))
    #expect(FrameStore.size(of: pixels) == side * side * channels)
  }

  /// y = r + γ·Q_target(s′, a′), the action by the online network or not, by hand.
  @Test func targetsByHand() throws {
    func network(_ values: [Float]) throws -> Network {
      try Network(
        .init(input: [1], layers: [.dense(outputs: 2, activation: .identity)]),
        parameters: [.zeros([1, 2]), Tensor(values)])
    }
    let batch = ReplayBuffer.Batch(
      observations: .zeros([2, 1]), actions: [0, 0], returns: [1, 2], next: .zeros([2, 1]),
      discounts: [0.5, 0])
    let (online, target) = (try network([3, 4]), try network([20, 10]))
    #expect(
      DQN.targets(for: batch, online: online, target: target, isDouble: true).elements == [1 + 0.5 * 10, 2])
    #expect(
      DQN.targets(for: batch, online: online, target: target, isDouble: false).elements == [1 + 0.5 * 20, 2])
    // A defense's preference may turn the choice around.
    let preferred = DQN.targets(
      for: batch, online: online, target: target, isDouble: true,
      preference: (share: 0.5, added: Tensor([2, 0, 2, 0], shape: [2, 2])))
    #expect(preferred.elements == [11, 2])
    // The first action, whose value is 20, is the best; the second lags behind by 10.
    let other = ReplayBuffer.Batch(
      observations: batch.observations, actions: [0, 1], returns: batch.returns, next: batch.next,
      discounts: batch.discounts)
    let lagging = DQN.targets(
      for: other, online: online, target: target, isDouble: true, advantageLearning: 0.75)
    #expect(lagging.elements == [6, -5.5])
  }
}

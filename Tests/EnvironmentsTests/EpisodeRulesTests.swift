import Environments
import RandomStreams
import Testing

@Suite("Time limit")
struct TimeLimitTests {
  private func endings(length: Int, limit: Int) -> [Ending?] {
    var vector = EnvironmentVector(
      id: "countdown", Countdown(length: length), rules: EpisodeRules(timeLimit: limit), count: 1)
    var endings: [Ending?] = []
    // Twice, so that the time has to start anew.
    for _ in 0..<2 {
      vector.reset(0, seed: 0)
      repeat {
        let outcome = vector.step([0])[0]
        #expect(outcome.reward == 1)
        endings.append(outcome.ending)
      } while endings.last! == nil
    }
    return endings
  }

  @Test("an episode that would go on is truncated after its last step")
  func truncated() {
    #expect(endings(length: 5, limit: 3) == [nil, nil, .truncated, nil, nil, .truncated])
    #expect(endings(length: 2, limit: 1) == [.truncated, .truncated])
  }

  @Test("an episode that ends by itself is terminated, in its last allowed step too")
  func terminated() {
    #expect(endings(length: 2, limit: 3) == [nil, .terminated, nil, .terminated])
    #expect(endings(length: 3, limit: 3) == [nil, nil, .terminated, nil, nil, .terminated])
  }
}

@Suite("Episode rules")
struct EpisodeRulesTests {
  /// The actions that the environment took when the agent took some others.
  private func taken(_ rules: EpisodeRules, actions: [Int], seed: UInt64) -> [Int] {
    var vector = EnvironmentVector(id: "recorder", Recorder(), rules: rules, count: 1)
    vector.reset(0, seed: seed)
    return actions.map { action in
      _ = vector.step([action])
      return Int(vector.observation()[0] * 9)
    }
  }

  @Test("sticky actions repeat the last one with their probability, drawn before each step")
  func stickiness() {
    let actions = (0..<2000).map { $0 % 9 + 1 }
    let taken = taken(EpisodeRules(timeLimit: 5000, stickiness: 0.25), actions: actions, seed: 3)
    var random = RandomStream(seed: 3)
    var last = 0
    let expected = actions.map { action in
      if random.uniform() >= 0.25 { last = action }
      return last
    }
    #expect(taken == expected)
    let repeated = zip(taken, actions).count { $0 != $1 }
    // 500 expected, with a deviation of 19.
    #expect(abs(repeated - 500) < 100)
    #expect(self.taken(EpisodeRules(timeLimit: 5000, stickiness: 1), actions: [5, 6], seed: 0) == [0, 0])
    #expect(self.taken(EpisodeRules(timeLimit: 5000, stickiness: 0), actions: [5, 6], seed: 0) == [5, 6])
  }

  @Test("the last action survives a reset that goes on, but not one with a seed")
  func lastAction() {
    let rules = EpisodeRules(timeLimit: 9, stickiness: 1)
    var recorder = RuledEnvironment(Recorder(), rules: EpisodeRules(timeLimit: 9))
    var random = RandomStream(seed: 0)
    recorder.reset(using: &random)
    _ = recorder.step(7, using: &random)
    recorder.reset(using: &random)
    #expect(recorder.lastAction == 7)
    var vector = EnvironmentVector(id: "recorder", Recorder(), rules: rules, count: 1)
    vector.reset(0, seed: 1)
    _ = vector.step([7])
    vector.reset(0, seed: 1)
    _ = vector.step([3])
    #expect(vector.observation() == [0])
  }

  @Test("a repeated action adds rewards up, and stops at the end")
  func actionRepeat() {
    func steps(length: Int, repeating: Int, limit: Int = 100) -> [Outcome] {
      var vector = EnvironmentVector(
        id: "countdown", Countdown(length: length),
        rules: EpisodeRules(timeLimit: limit, actionRepeat: repeating), count: 1)
      vector.reset(0, seed: 0)
      var outcomes: [Outcome] = []
      repeat { outcomes += vector.step([0]) } while outcomes.last!.ending == nil
      return outcomes
    }
    #expect(
      steps(length: 7, repeating: 3) == [
        Outcome(reward: 3), Outcome(reward: 3), Outcome(reward: 1, ending: .terminated),
      ])
    // The limit counts the agent's steps.
    #expect(
      steps(length: 99, repeating: 3, limit: 2) == [
        Outcome(reward: 3), Outcome(reward: 3, ending: .truncated),
      ])
  }

  @Test("clipping bounds the reward of the agent's step")
  func clipping() {
    var vector = EnvironmentVector(
      id: "countdown", Countdown(length: 7),
      rules: EpisodeRules(timeLimit: 100, actionRepeat: 3, rewardBounds: -1...2), count: 1)
    vector.reset(0, seed: 0)
    #expect((0..<3).map { _ in vector.step([0])[0].reward } == [2, 2, 1])
  }
}

/// Shows the action that it took.
private struct Recorder: Environment, Codable {
  var last = 0

  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1) }
  var actions: [String] { (0...9).map(String.init) }

  mutating func reset(using random: inout some Randomness) {}

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    last = action
    return Outcome(reward: 0)
  }

  func observe(into frame: inout MutableSpan<Float>) { frame[0] = Float(last) / 9 }
}

@Suite("Vector")
struct EnvironmentVectorTests {
  @Test("a lane that has ended must be reset")
  func ended() async {
    await #expect(processExitsWith: .failure) {
      var vector = EnvironmentVector(
        id: "countdown", Countdown(length: 9), rules: EpisodeRules(timeLimit: 1), count: 1)
      vector.reset(0, seed: 0)
      var outcomes = [Outcome(reward: 0)]
      vector.step([0], running: nil, outcomes: &outcomes)
      vector.step([0], running: nil, outcomes: &outcomes)
    }
  }

  @Test("the first reset of a lane needs a seed")
  func unseeded() async {
    await #expect(processExitsWith: .failure) {
      var vector = EnvironmentVector(
        id: "countdown", Countdown(length: 9), rules: EpisodeRules(timeLimit: 100), count: 2)
      vector.reset(0, seed: 0)
      vector.reset(1)
    }
  }

  @Test("the generator of an episode is that of its seed, and goes on")
  func generators() {
    var vector = EnvironmentVector(
      id: "countdown", Countdown(length: 9), rules: EpisodeRules(timeLimit: 100), count: 2)
    vector.reset(0, seed: 1)
    vector.reset(1, seed: 5)
    var random = RandomStream(seed: 5)
    #expect(vector.observation(1) == [Float(random.uniform())])
    vector.reset(1)
    #expect(vector.observation(1) == [Float(random.uniform())])
    _ = vector.step([0, 0], running: [true, false])
    _ = vector.step([0, 0])
    #expect(vector.observation(1) == [Float(random.uniform())])
  }
}

/// Terminates after a number of steps, and observes its last draw.
private struct Countdown: Environment, Codable {
  let length: Int
  var elapsed = 0
  var draw: Float = 0

  init(length: Int) { self.length = length }

  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1) }
  var actions: [String] { ["wait"] }

  mutating func reset(using random: inout some Randomness) {
    elapsed = 0
    draw = Float(random.uniform())
  }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    elapsed += 1
    draw = Float(random.uniform())
    return Outcome(reward: 1, ending: elapsed == length ? .terminated : nil)
  }

  func observe(into frame: inout MutableSpan<Float>) { frame[0] = draw }
}

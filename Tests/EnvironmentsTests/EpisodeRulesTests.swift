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
private struct Countdown: Environment {
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

import Environments
import RandomStreams

extension EnvironmentVector {
  /// Lanes of an environment of the tests, truncated after `limit` steps.
  init(_ environment: Base, limit: Int = 1000, count: Int) {
    self.init(id: "test", environment, rules: EpisodeRules(timeLimit: limit), count: count)
  }
}

// Environments made to test one ability each. All show the numbers of their state as ones in a row of zeros.

/// The action that is shown is the right one, each step anew.
struct Identity: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 4) }
  var actions: [String] { ["0", "1", "2", "3"] }
  private var shown = 0

  mutating func reset(using random: inout some Randomness) { shown = random.index(below: 4) }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    let reward: Float = action == shown ? 1 : 0
    shown = random.index(below: 4)
    return Outcome(reward: reward)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    for index in 0..<4 { frame[index] = index == shown ? 1 : 0 }
  }
}

/// Two arms. The left one pays 2.2 and terminates, and what is left is seen as the start is. The right one pays nothing
/// and leads to a place that pays 0.3 for each step, forever: with γ = 0.9 that is worth 0.9 · 0.3/0.1 = 2.7. A time limit
/// of 2 steps cuts that off, with the place in sight. So right is right; but to who takes truncation for termination it
/// is worth 0.27, to who takes the start of the next episode for what follows at most 0.27 + 0.81 · 2.2 = 2.05, and who
/// goes on from a termination finds 22 in the left one. Where the time limit is the end, left is right.
struct TruncationTrap: Environment, Codable {
  let isEndless: Bool
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 2) }
  var actions: [String] { ["left", "right"] }
  private var isInside = false
  private var elapsed = 0

  init(isEndless: Bool) { self.isEndless = isEndless }

  mutating func reset(using random: inout some Randomness) { (isInside, elapsed) = (false, 0) }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    elapsed += 1
    if isInside { return Outcome(reward: 0.3, ending: !isEndless && elapsed == 2 ? .terminated : nil) }
    if action == 0 { return Outcome(reward: 2.2, ending: .terminated) }
    isInside = true
    return Outcome(reward: 0)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    (frame[0], frame[1]) = isInside ? (0, 1) : (1, 0)
  }
}

/// Two arms. The left one pays 1, and can be pulled again. The right one pays 0.8 and leads to a place that pays 2 for each
/// step. So right is right, with γ = 0.9 worth up to 18.8 beside 10; but left to who takes a reward for the end.
struct Points: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 2) }
  var actions: [String] { ["left", "right"] }
  private var isInside = false

  mutating func reset(using random: inout some Randomness) { isInside = false }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    if isInside { return Outcome(reward: 2) }
    isInside = action == 1
    return Outcome(reward: isInside ? 0.8 : 1)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    (frame[0], frame[1]) = isInside ? (0, 1) : (1, 0)
  }
}

/// A sign is shown once; three steps later the action that it named is right. Without a memory nothing can be known.
struct DelayedRecall: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 3) }
  var actions: [String] { ["left", "right"] }
  private var sign = 0
  private var elapsed = 0

  mutating func reset(using random: inout some Randomness) { (sign, elapsed) = (random.index(below: 2), 0) }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    elapsed += 1
    guard elapsed == 4 else { return Outcome(reward: 0) }
    return Outcome(reward: action == sign ? 1 : -1, ending: .terminated)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    for index in 0..<3 { frame[index] = 0 }
    if elapsed == 0 { frame[sign] = 1 }
    if elapsed == 3 { frame[2] = 1 }
  }
}

/// Chance pays: the first arm 1 in a quarter of the pulls, the second in three quarters, the third in half.
struct Bandit: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 1) }
  var actions: [String] { ["first", "second", "third"] }

  mutating func reset(using random: inout some Randomness) {}

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    Outcome(reward: random.chance([0.25, 0.75, 0.5][action]) ? 1 : 0, ending: .terminated)
  }

  func observe(into frame: inout MutableSpan<Float>) { frame[0] = 1 }
}

/// What is done at the start is paid five steps later: 1 for the second action, 0 for the first.
struct DelayedReward: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 1, channels: 6) }
  var actions: [String] { ["nothing", "something"] }
  private var chosen = 0
  private var elapsed = 0

  mutating func reset(using random: inout some Randomness) { (chosen, elapsed) = (0, 0) }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    if elapsed == 0 { chosen = action }
    elapsed += 1
    return elapsed < 5 ? Outcome(reward: 0) : Outcome(reward: Float(chosen), ending: .terminated)
  }

  /// Where the agent is, and what it did: all that matters.
  func observe(into frame: inout MutableSpan<Float>) {
    for index in 0..<6 { frame[index] = index == elapsed || (index == 5 && chosen == 1) ? 1 : 0 }
  }
}

/// Something moves left or right around a ring of five; the action has to say which. One frame does not tell.
struct Motion: Environment, Codable {
  var observationSpace: BoxSpace { BoxSpace(height: 1, width: 5, channels: 1) }
  var actions: [String] { ["left", "right"] }
  private var place = 0
  private var direction = 1

  mutating func reset(using random: inout some Randomness) {
    place = random.index(below: 5)
    direction = random.chance(0.5) ? 1 : 4
  }

  mutating func step(_ action: Int, using random: inout some Randomness) -> Outcome {
    let reward: Float = action == (direction == 1 ? 1 : 0) ? 1 : 0
    if random.chance(0.3) { direction = 5 - direction }
    place = (place + direction) % 5
    return Outcome(reward: reward)
  }

  func observe(into frame: inout MutableSpan<Float>) {
    for index in 0..<5 { frame[index] = index == place ? 1 : 0 }
  }
}

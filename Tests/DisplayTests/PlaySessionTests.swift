@testable import Display
import Environments
import Episodes
import RandomStreams
import TestSupport
import Testing

@Suite struct PlaySessionTests {
  private func session(_ id: String, seed: UInt64 = 4) throws -> PlaySession {
    PlaySession(try catalog.definition(for: id), seed: seed)
  }

  private func press(_ keys: Key..., in session: inout PlaySession) throws {
    for key in keys { #expect(try session.take(.pressed(key)) == nil) }
  }

  /// Every action of every environment has a key, no key does two things.
  @Test(arguments: repositoryIDs) func everyActionHasAKey(id: String) throws {
    let session = try session(id)
    let actions = try catalog.definition(for: id).actions
    let keys = session.table.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
    for (index, name) in actions.enumerated() {
      let line = try #require(session.table.first { $0.control == .act(index) })
      #expect(line.meaning == name && !line.keys.isEmpty)
      if ["left", "right", "up", "down"].contains(name) {
        #expect(line.keys.contains { "←→↑↓".contains($0.name) })
      }
    }
  }

  /// The person's steps are the environment's.
  @Test func theWorldThatWaitsStepsWithEachKey() throws {
    var session = try session("empty-5x5-v1")
    #expect(session.pace == .still)
    try press(.up, .up, .right, .up, in: &session)
    #expect(session.record.length == 4 && session.ending == nil)
    try press(.up, in: &session)
    #expect(session.ending == .terminated && session.record.episodeReturn > 0.9)
    // The episode is over: more keys change nothing, until it begins again.
    try press(.up, in: &session)
    #expect(session.record.length == 5)
    try press(.character("u"), in: &session)
    #expect(session.record.length == 4 && session.ending == nil)
    try press(.up, in: &session)
    #expect(session.ending == .terminated)
    try press(.character("n"), in: &session)
    #expect(session.seed == 5 && session.record.length == 0)
  }

  @Test func theWorldThatGoesOnTakesWhatIsPressed() throws {
    var session = try session("catch-v1")
    #expect(session.pace == .stepsPerSecond(8))
    func positions() -> Int? {
      let values = session.paddle
      return values.firstIndex { $0 > 0 }
    }
    let start = try #require(positions())
    // Pressed and let go between two steps counts for the next, a held key for all, then nothing is done.
    try press(.left, in: &session)
    _ = try session.take(.released(.left))
    #expect(session.record.length == 0)
    try session.advance()
    #expect(positions() == start - 1)
    try session.advance()
    #expect(positions() == start - 1)
    try press(.right, in: &session)
    try session.advance()
    try session.advance()
    #expect(positions() == start + 1)
    _ = try session.take(.released(.right))
    try session.advance()
    #expect(positions() == start + 1 && session.record.length == 5)
    try press(.character("u"), .character("u"), in: &session)
    #expect(session.pace == .still && session.record.length == 3 && positions() == start)
  }

  /// Random play equals a rollout of the same actions, and taking everything back is the beginning.
  @Test(arguments: ["breakout-v1", "door-key-8x8-v1", "catch-camera-v1", "freeway-v1"])
  func itIsTheSameWorldAsForAgents(id: String) throws {
    let definition = try catalog.definition(for: id)
    var session = PlaySession(definition, seed: 9)
    // A world that goes on by itself is paused, so that each key is a step.
    if session.pace != .still { try press(.character("p"), in: &session) }
    let beginning = session.draw(keepsLabels: false)
    var rollout = Rollout(definition.makeVector(count: 1), frames: 1)
    rollout.start(0, seed: 9)
    var random = RandomStream(seed: 1)
    for _ in 0..<40 where rollout.isRunning[0] {
      let action = random.index(below: definition.actions.count)
      _ = try rollout.step(choosing: { _, _, _ in [action] })
      try press(.character(Character("\(action)")), in: &session)
      #expect(session.record == rollout.records[0])
    }
    for _ in 0..<session.record.length { try press(.character("u"), in: &session) }
    #expect(session.draw(keepsLabels: false) == beginning)
  }

  @Test func theRestOfTheTable() throws {
    var session = try session("breakout-v1")
    #expect(try session.take(.pressed(.character("q"))) == .quit)
    #expect(try session.take(.pressed(.character("s"))) == .screenshot)
    try press(.character("h"), in: &session)
    let labels = session.draw(keepsLabels: true).labels.map(\.text)
    #expect(labels.contains("Keys") && labels.contains("take the last step back"))
    // Escape closes the help before it ends the game.
    try press(.escape, in: &session)
    #expect(try session.take(.pressed(.escape)) == .quit)
    try press(.character("p"), in: &session)
    #expect(session.pace == .still)
    try press(.character("p"), .character("+"), in: &session)
    #expect(session.pace == .stepsPerSecond(12))
    try press(.character("-"), in: &session)
    #expect(session.pace == .stepsPerSecond(8))
  }
}

extension PlaySession {
  /// The lowest row of what an agent would see in Catch: the paddle's.
  fileprivate var paddle: [Float] { Array(seen.values.suffix(seen.width)) }
}

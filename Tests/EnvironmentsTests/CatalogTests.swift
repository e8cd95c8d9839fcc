import Environments
import RandomStreams
import Testing

@Suite("Every environment of the catalog")
struct CatalogTests {
  @Test("the catalog has environments of every kind, sorted by id")
  func kinds() throws {
    let catalog = try repositoryCatalog()
    #expect(catalog.ids == repositoryIDs)
    #expect(catalog.ids == catalog.ids.sorted())
    #expect(Set(catalog.definitions.map(\.kind)) == Set(EnvironmentDefinition.kinds))
    #expect(Set(catalog.definitions.map(\.contentHash)).count == catalog.ids.count)
  }

  @Test("the same seeds and actions give the same episodes", arguments: repositoryIDs)
  func determinism(_ id: String) throws {
    let definition = try repositoryCatalog().definition(for: id)
    var first = definition.makeVector(count: 3)
    var second = definition.makeVector(count: 3)
    for lane in 0..<3 {
      first.reset(lane, seed: UInt64(lane))
      second.reset(lane, seed: UInt64(lane))
    }
    var random = RandomStream(seed: 9)
    for _ in 0..<100 {
      #expect(first.observations() == second.observations())
      let actions = (0..<3).map { _ in random.index(below: first.actions.count) }
      let outcomes = first.step(actions)
      #expect(outcomes == second.step(actions))
      for lane in 0..<3 where outcomes[lane].ending != nil {
        first.reset(lane)
        second.reset(lane)
      }
    }
  }

  @Test("lanes do not depend on each other", arguments: repositoryIDs)
  func lanes(_ id: String) throws {
    let definition = try repositoryCatalog().definition(for: id)
    var many = definition.makeVector(count: 4)
    for lane in 0..<4 { many.reset(lane, seed: UInt64(10 + lane)) }
    var single = definition.makeVector(count: 1)
    single.reset(0, seed: 12)
    let size = single.observationSpace.count
    for step in 0..<40 {
      #expect(Array(many.observations()[2 * size..<3 * size]) == single.observation())
      #expect(many.observation(2) == single.observation())
      let action = step % single.actions.count
      let outcomes = many.step([0, 1, action, 2])
      #expect(outcomes[2] == single.step([action])[0])
      for lane in 0..<4 where outcomes[lane].ending != nil { many.reset(lane) }
      if outcomes[2].ending != nil { single.reset(0) }
    }
  }

  @Test("a reset leaves nothing of the last episode behind", arguments: repositoryIDs)
  func reset(_ id: String) throws {
    let definition = try repositoryCatalog().definition(for: id)
    for stepsBefore in [0, 1] {
      var used = definition.makeVector(count: 1)
      used.reset(0, seed: 5)
      for _ in 0..<stepsBefore { _ = used.step([1]) }
      used.reset(0, seed: 77)
      var fresh = definition.makeVector(count: 1)
      fresh.reset(0, seed: 77)
      for _ in 0..<2 {
        #expect(episode(&used) == episode(&fresh))
        used.reset(0)
        fresh.reset(0)
      }
    }
  }

  @Test("a reset without a seed goes on with the generator", arguments: repositoryIDs)
  func continuing(_ id: String) throws {
    var vector = try repositoryCatalog().definition(for: id).makeVector(count: 1)
    // Some environments only draw while they are played.
    var episodes: Set<[[Float]]> = []
    vector.reset(0, seed: 0)
    for episode in 0..<30 {
      var seen = [vector.observation()]
      for step in 0..<30 {
        let outcome = vector.step([step % vector.actions.count])[0]
        seen.append(vector.observation())
        if outcome.ending != nil { break }
      }
      // The first episode had no action before it.
      if episode > 0 { episodes.insert(seen) }
      vector.reset(0)
    }
    // An empty room in which the agent starts in a corner is always the same.
    let isDrawn = id.wholeMatch(of: /empty-[0-9]+x[0-9]+-v1/) == nil
    #expect((episodes.count > 1) == isDrawn)
  }

  @Test("a copy is a snapshot, generators included", arguments: repositoryIDs)
  func snapshots(_ id: String) throws {
    var vector = try repositoryCatalog().definition(for: id).makeVector(count: 2)
    vector.reset(0, seed: 1)
    vector.reset(1, seed: 2)
    _ = vector.step([0, 0])
    var copy = vector
    let before = copy.observations()
    let outcomes = (vector.step([0, 0]), vector.observations())
    #expect(copy.observations() == before)
    #expect(copy.step([0, 0]) == outcomes.0)
    #expect(copy.observations() == outcomes.1)
    vector.reset(0)
    copy.reset(0)
    #expect(copy.observations() == vector.observations())
  }

  @Test("observations stay within their space, and episodes end in time", arguments: repositoryIDs)
  func bounds(_ id: String) throws {
    let definition = try repositoryCatalog().definition(for: id)
    var vector = definition.makeVector(count: 1)
    #expect(vector.id == id)
    #expect(vector.observationSpace == definition.observationSpace)
    #expect(vector.actions == definition.actions)
    #expect(Set(vector.actions).count == vector.actions.count)
    let range = vector.observationSpace.low...vector.observationSpace.high
    var random = RandomStream(seed: 4)
    vector.reset(0, seed: 3)
    var length = 0
    for _ in 0..<500 {
      // Not a number is in no range, so an entry that was not written fails, too.
      #expect(vector.observation().allSatisfy(range.contains))
      let outcome = vector.step([random.index(below: vector.actions.count)])[0]
      #expect(outcome.reward.isFinite)
      length += 1
      #expect(length <= definition.rules.timeLimit)
      #expect(outcome.ending != .truncated || length == definition.rules.timeLimit)
      if outcome.ending != nil {
        vector.reset(0)
        length = 0
      }
    }
  }

  @Test("only the running lanes step", arguments: repositoryIDs)
  func running(_ id: String) throws {
    var vector = try repositoryCatalog().definition(for: id).makeVector(count: 2)
    vector.reset(0, seed: 1)
    let before = vector.observation(1)
    let outcomes = vector.step([0, 99], running: [true, false])
    #expect(outcomes[0].reward.isFinite)
    #expect(outcomes[1] == Outcome(reward: 0))
    #expect(vector.observation(1) == before)
  }

  /// All that can be seen of an episode.
  private func episode(_ vector: inout any VectorEnvironment) -> [[Float]] {
    var seen = [vector.observation()]
    while true {
      let outcome = vector.step([0])[0]
      seen.append(vector.observation() + [outcome.reward])
      if outcome.ending != nil { return seen }
    }
  }
}

import Environments
import Foundation
import RandomStreams
import TestSupport
import Testing

@Suite("Every environment of the catalog")
struct CatalogTests {
  @Test("the catalog has environments of every kind, sorted by id")
  func kinds() throws {
    let catalog = try repositoryCatalog()
    #expect(catalog.ids == repositoryIDs)
    #expect(catalog.ids == catalog.ids.sorted())
    let definitions = try catalog.definitions()
    #expect(definitions.map(\.id) == catalog.ids)
    #expect(Set(definitions.map(\.kind)) == Set(EnvironmentDefinition.kinds))
    #expect(Set(definitions.map(\.contentHash)).count == catalog.ids.count)
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

@Suite("The pages of the environments")
struct EnvironmentPagesTests {
  /// A row of a table of random-policy returns.
  struct Row {
    let id: String
    let mean: Double
    let interval: ClosedRange<Double>
  }

  /// The rows of all pages, and the texts of the pages.
  static func rows() throws -> [Row] {
    try pages().values.flatMap { page -> [Row] in
      let sections = page.components(separatedBy: "\n## ")
      guard let section = sections.first(where: { $0.hasPrefix("Random-policy return\n") }) else { return [] }
      let pattern = /\| `([a-z0-9-]+)` \| (-?[0-9.]+) \| \[(-?[0-9.]+), (-?[0-9.]+)\] \| [0-9.]+ \|/
      return section.matches(of: pattern).map { match in
        Row(
          id: String(match.1), mean: Double(match.2)!, interval: Double(match.3)!...Double(match.4)!)
      }
    }
  }

  /// The articles by their names.
  static func pages() throws -> [String: String] {
    let folder = repository.appending(path: "Sources/Environments/Environments.docc")
    var pages: [String: String] = [:]
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.pathExtension == "md" {
      pages[file.lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
    }
    return pages
  }

  @Test("every environment has one, with all headings and its return at random")
  func complete() throws {
    #expect(try Self.rows().map(\.id).sorted() == repositoryIDs)
    let headings = [
      "Description", "Observation", "Actions", "Reward", "Start", "End", "Arguments", "Random-policy return",
      "Best known return", "Version history", "Differences from the reference",
    ]
    for (name, page) in try Self.pages() where page.contains("\n## Random-policy return\n") {
      let found = page.split(separator: "\n").filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
      #expect(found == headings, "\(name)")
    }
  }

  @Test("the printed return at random is what comes out", arguments: repositoryIDs)
  func randomReturn(_ id: String) throws {
    let row = try #require(try Self.rows().first { $0.id == id })
    #expect(row.interval.contains(row.mean))
    var vector = try repositoryCatalog().definition(for: id).makeVector(count: 1)
    // Other seeds than the page's, as many episodes as a tenth of a second has.
    var returns: [Double] = []
    var random = RandomStream(seed: 1, stream: .policy)
    var steps = 0
    while returns.count < 200 && (steps < 20_000 || returns.count < 3) {
      vector.reset(0, seed: 10_000 + UInt64(returns.count))
      var (total, outcome) = (0.0, Outcome(reward: 0))
      while outcome.ending == nil {
        outcome = vector.step([random.index(below: vector.actions.count)])[0]
        total += Double(outcome.reward)
        steps += 1
      }
      returns.append(total)
    }
    let count = Double(returns.count)
    let mean = returns.reduce(0, +) / count
    // The page's interval is 3.92 standard errors of 1,000 episodes wide; five standard errors of ours either way.
    let deviation = (row.interval.upperBound - row.interval.lowerBound) / 3.92 * 1000.0.squareRoot()
    #expect(abs(mean - row.mean) < max(5 * deviation / count.squareRoot(), 0.05), "\(mean) of \(count)")
  }
}

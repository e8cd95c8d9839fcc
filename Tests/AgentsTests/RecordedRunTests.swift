import Environments
import Foundation
import Networks
import Policies
import RandomStreams
import TestSupport
import Testing

@testable import Agents

private var catalog: EnvironmentCatalog { get throws { try repositoryCatalog() } }

/// Runs that are written down, killed by being dropped, and taken up again.
@Suite struct RecordedRunTests {
  static let files = ["last.safetensors", "best.safetensors", "metrics.csv", "events.out.tfevents"]
  private let recipe = "agent: any\nsteps: 3000\n"

  /// Where a run can begin: a place in a folder, with nothing there yet.
  private func withRunFolder(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { try body($0.appending(path: "run")) }
  }

  private func fresh(_ kind: AgentKind, steps: Int = 3000, hidden: Int = 16) throws -> TrainingRun {
    var configuration = kind.defaults
    configuration.lanes = 8
    configuration.network = .init(.mlp, hidden: [hidden])
    if var gradient = configuration as? any PolicyGradientConfiguration {
      gradient.horizon = 16
      configuration = gradient
    }
    return try TrainingRun(
      .init(configuration, steps: steps, seed: 3, evaluation: .init(interval: 700, episodes: 5)),
      in: catalog.definition(for: "catch-v1"))
  }

  private func start(
    _ kind: AgentKind, in url: URL, recipe: String? = nil, version: String = "1", hidden: Int = 16
  ) throws -> RecordedRun {
    let recipe = recipe ?? self.recipe
    let isThere = FileManager.default.fileExists(atPath: url.path)
    let folder = try isThere ? RunFolder(existing: url) : RunFolder(new: url, recipe: recipe)
    return try RecordedRun(
      fresh(kind, hidden: hidden), in: folder, recipe: recipe, version: version, interval: .steps(400))
  }

  /// Runs until some step, or the end.
  private func advance(_ recorded: RecordedRun, until steps: Int = .max) throws {
    while !recorded.run.isFinished && recorded.run.progress.steps < steps { try recorded.advance() }
  }

  /// To the end. The lock goes with the run, when this returns.
  private func resume(_ kind: AgentKind, in url: URL, isAtBeginning: Bool) throws {
    let recorded = try start(kind, in: url)
    #expect(recorded.start == (isAtBeginning ? .beginning : .checkpoint(steps: recorded.run.progress.steps)))
    try advance(recorded)
  }

  private func contents(of url: URL) throws -> [Data] {
    try Self.files.map { try Data(contentsOf: url.appendingPathComponent($0)) }
  }

  private func checkpoints(in url: URL) throws -> [URL] {
    let folder = url.appendingPathComponent("checkpoints")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .map { folder.appendingPathComponent($0) }
  }

  /// Its recipe says the same, its network does not: nothing of it is taken.
  @Test(arguments: AgentKind.allCases)
  func theCheckpointOfAnotherRunIsRefused(_ kind: AgentKind) throws {
    try withRunFolder { url in
      try advance(start(kind, in: url), until: 1000)
      let error = #expect(throws: RunError.self) { try start(kind, in: url, hidden: 8) }
      #expect(error?.kind == .isDamaged && error?.description.contains("another run") == true)
    }
  }

  @Test(arguments: AgentKind.allCases)
  func stoppedAnywhereItGivesTheSameBytes(_ kind: AgentKind) throws {
    try withRunFolder { whole in
      try advance(start(kind, in: whole))
      let expected = try contents(of: whole)
      #expect(try checkpoints(in: whole).count == 2)
      // Before the first checkpoint at 400, between others, and more than once.
      for stops in [[300], [401, 1100, 1150, 2800], [1700]] {
        try withRunFolder { url in
          for stop in stops { try advance(start(kind, in: url), until: stop) }
          try resume(kind, in: url, isAtBeginning: stops == [300])
          #expect(try contents(of: url) == expected)
          #expect(try start(kind, in: url).start == .finished)
          #expect(try contents(of: url) == expected)
        }
      }
    }
  }

  /// An evaluation that is broken off is made up for before anything else, also by who goes on from a checkpoint.
  @Test func evaluationsThatAreBrokenOffAreMadeUpFor() throws {
    try withRunFolder { whole in
      try advance(start(.dqn, in: whole))
      try withRunFolder { url in
        for stop in [700, 2100, 3000] {
          let recorded = try start(.dqn, in: url)
          try advance(recorded, until: stop - 8)
          try recorded.advance { false }
          #expect(recorded.run.progress.steps == (stop + 7) / 8 * 8)
          #expect(!recorded.run.isFinished)
          try recorded.save(because: "a test")
        }
        try resume(.dqn, in: url, isAtBeginning: false)
        // Broken off at 700 and 2100 and at the end, made up for at the same steps.
        #expect(try contents(of: url) == contents(of: whole))
      }
    }
  }

  /// Evaluations aside, of which there are none here.
  @Test(arguments: [(100, 100), (200, 200), (399, 200), (599, 200)])
  func aRunHasTwoHundredPointsAtMost(_ steps: Int, _ points: Int) throws {
    var configuration = AgentKind.dqn.defaults
    configuration.lanes = 1
    configuration.network = .init(.mlp, hidden: [4])
    var run = try TrainingRun(
      .init(configuration, steps: steps, seed: 3), in: catalog.definition(for: "catch-v1"))
    var found = 0
    while !run.isFinished { found += try run.advance() == nil ? 0 : 1 }
    #expect(found == points)
  }

  /// A file that is shorter than the checkpoint knows is damage, which is named and left as it is.
  @Test func filesThatHaveShrunkAreRefused() throws {
    try withRunFolder { url in
      try advance(start(.reinforce, in: url), until: 1000)
      let metrics = url.appendingPathComponent("metrics.csv")
      try Data("steps".utf8).write(to: metrics)
      let short = #expect(throws: RunError.self) { try start(.reinforce, in: url) }
      #expect(short?.description.contains("metrics.csv has 5 bytes") == true)
      try FileManager.default.removeItem(at: metrics)
      let missing = #expect(throws: RunError.self) { try start(.reinforce, in: url) }
      #expect(missing?.description.contains("metrics.csv is missing") == true)
      #expect(!FileManager.default.fileExists(atPath: metrics.path))
    }
  }

  /// A checkpoint that lacks its end or has a bit changed, anywhere, is recognized, and the one before it used.
  @Test func damagedCheckpointsAreRecognized() throws {
    try withRunFolder { url in
      try advance(start(.dqn, in: url), until: 2100)
      let newest = try #require(try checkpoints(in: url).last)
      let bytes = try Data(contentsOf: newest)
      #expect(Checkpoint(bytes) != nil)
      var random = RandomStream(seed: 1)
      for _ in 0..<50 {
        #expect(Checkpoint(bytes.prefix(random.index(below: bytes.count))) == nil)
        var flipped = bytes
        flipped[random.index(below: bytes.count)] ^= 1 << UInt8(random.index(below: 8))
        #expect(Checkpoint(flipped) == nil)
      }
      #expect(Checkpoint(Data()) == nil)
      #expect(Checkpoint(bytes + [0]) == nil)

      try bytes.prefix(bytes.count / 2).write(to: newest)
      let resumed = try start(.dqn, in: url)
      #expect(resumed.start == .checkpoint(steps: 1600))
      #expect(resumed.warnings.count == 1 && resumed.warnings[0].contains(newest.lastPathComponent))
      try advance(resumed)
      try withRunFolder { whole in
        try advance(start(.dqn, in: whole))
        #expect(try contents(of: url) == contents(of: whole))
      }
    }
  }

  @Test func withoutAWholeCheckpointNothingIsTouched() throws {
    try withRunFolder { url in
      try advance(start(.reinforce, in: url), until: 1000)
      let before = try contents(of: url)
      for file in try checkpoints(in: url) { try Data("torn".utf8).write(to: file) }
      let error = #expect(throws: RunError.self) { try start(.reinforce, in: url) }
      #expect(error?.description.contains("damaged") == true)
      #expect(try contents(of: url) == before)
      for file in try checkpoints(in: url) { try FileManager.default.removeItem(at: file) }
      let gone = #expect(throws: RunError.self) { try start(.reinforce, in: url) }
      #expect(gone?.description.contains("gone") == true)
      #expect(try contents(of: url) == before)
    }
  }

  @Test func aFolderIsUsedByOneRunAtATime() throws {
    try withRunFolder { url in
      let recorded = try start(.reinforce, in: url)
      let error = #expect(throws: RunError.self) { try RunFolder(existing: url) }
      #expect(error?.kind == .isInUse)
      withExtendedLifetime(recorded) {
        let again = #expect(throws: RunError.self) { try RunFolder(new: url, recipe: recipe) }
        #expect(again?.kind == .exists)
      }
    }
  }

  @Test func aChangedRecipeOrVersionIsRefused() throws {
    try withRunFolder { url in
      try advance(start(.reinforce, in: url), until: 1000)
      let before = try contents(of: url)
      let changed = "agent: any\nsteps: 4000\n"
      try Data(("# mine\n" + changed).utf8).write(to: url.appendingPathComponent("recipe.yaml"))
      let recipe = #expect(throws: RunError.self) { try start(.reinforce, in: url, recipe: changed) }
      #expect(
        recipe?.description.hasSuffix(
          "recipe.yaml:3: 'steps' is 4000, but the run was started with 3000; a run keeps its recipe")
          == true,
        "\(String(describing: recipe))")
      let version = #expect(throws: RunError.self) { try start(.reinforce, in: url, version: "2") }
      #expect(version?.description.contains("Hoodwink 1") == true)
      #expect(try contents(of: url) == before)
    }
  }

  @Test func metricsAndEventsTellTheSame() throws {
    try withRunFolder { url in
      try advance(start(.ppo, in: url))
      let lines = try String(contentsOf: url.appendingPathComponent("metrics.csv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(
        lines[0]
          == [
            "steps", "episodes", "recent_return", "evaluation_return", "loss", "policy_loss", "value_loss",
            "entropy", "divergence", "clipped_share", "learning_rate",
          ])
      #expect(lines.dropFirst().allSatisfy { $0.count == lines[0].count })
      // Evaluated after 700, 1400, 2100 and 2800 steps, and at the end.
      #expect(lines.dropFirst().count { !$0[3].isEmpty } == 5)
      #expect(lines.last?[0] == "3072")
      let events = try Data(contentsOf: url.appendingPathComponent("events.out.tfevents"))
      #expect(events.starts(with: EventFile.header))
    }
  }

  @Test func intervalsAreReadAsTheyAreWritten() {
    #expect(CheckpointInterval("30s") == .seconds(30))
    #expect(CheckpointInterval("5m") == .seconds(300))
    #expect(CheckpointInterval("1h") == .seconds(3600))
    #expect(CheckpointInterval("20000") == .steps(20_000))
    for interval in [CheckpointInterval.seconds(90), .steps(7)] {
      #expect(CheckpointInterval("\(interval)") == interval)
    }
    for text in ["", "0", "s", "-5", "5 m", "0s", "1.5h", "99999999999999999999"] {
      #expect(CheckpointInterval(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [Float.nan, .infinity, 1e13])
  func numbersThatExplodeAreNamed(_ value: Float) throws {
    let error = #expect(throws: TrainingError.self) {
      try TrainingError.check(["the loss": 1, "the gradient's norm": value], step: 12)
    }
    #expect(error?.description.hasPrefix("the gradient's norm") == true)
    #expect(error?.description.contains("step 12") == true)
  }
}

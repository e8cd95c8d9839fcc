import Foundation
import TestSupport
import Testing

/// Trainings that are stopped from outside, and go on.
@Suite struct ResumeTests {
  private func lines(of file: URL) -> Int {
    (try? Data(contentsOf: file))?.count { $0 == UInt8(ascii: "\n") } ?? 0
  }

  /// Kills the tool when its curves have so many points, and more than it found: it has gone on. Returns
  /// its status, negative for a signal that ended it.
  private func run(_ arguments: [String], until points: Int, signal: Int32, in run: URL) throws -> Int32 {
    let metrics = run.appendingPathComponent("metrics.csv")
    let least = max(points, lines(of: metrics))
    let (process, _, _) = try Tool.start(arguments, in: repository)
    while process.isRunning && lines(of: metrics) <= least { sched_yield() }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// Checkpoints lie behind what the curves show, and other signals stop elsewhere than kill -9.
  @Test(arguments: [("dqn", 20_000), ("ppo", 60_000)])
  func killedRunsGiveTheSameBytes(_ agent: String, _ steps: Int) throws {
    // On busy cores who watches may come too late to a training, but hardly to one that takes sixteen times
    // as long.
    let isKilled = try [1, 4, 16].contains { try isTheSameWhenKilled(agent, steps: $0 * steps) }
    #expect(isKilled, "every training ended before it was killed")
  }

  /// Compares a training that is killed again and again with one that is not; false where it ended before.
  private func isTheSameWhenKilled(_ agent: String, steps: Int) throws -> Bool {
    var isKilled = false
    try withTemporaryFolder { folder in
      let command = [
        "train", "catch-v1", "--agent", agent, "--steps", "\(steps)", "--hidden", "32", "--checkpoint-every",
        "3000", "--lanes", "16", "--evaluate-every", "5000",
      ]
      let stopped = folder.appendingPathComponent("stopped")
      let resume = ["train", "--resume", stopped.path]
      var arguments = command + ["--output", stopped.path]
      // DQN gives 200 points and PPO 30 or more. Statuses are as shells count them.
      let scale = agent == "dqn" ? 10 : 1
      for (points, signal, status) in [
        (1, SIGKILL, -SIGKILL), (3, SIGTERM, 143), (6, SIGKILL, -SIGKILL), (8, SIGINT, 130),
      ] {
        let found = try run(arguments, until: points * scale, signal: signal, in: stopped)
        if found == 0 { return }
        #expect(found == status, "signal \(signal)")
        arguments = resume
      }
      isKilled = true
      let last = try Tool.run(resume)
      #expect(last.status == 0, "\(last.errors)")
      let whole = folder.appendingPathComponent("whole")
      #expect(try Tool.run(command + ["--output", whole.path, "--threads", "1"]).status == 0)
      let before = try Tool.results(of: stopped)
      #expect(try before == Tool.results(of: whole))
      let finished = try Tool.run(resume)
      #expect(finished.status == 0 && finished.errors.contains("is finished"), "\(finished.errors)")
      #expect(try Tool.results(of: stopped) == before)
    }
    return isKilled
  }

  /// Files of another make are not overwritten.
  @Test(arguments: ["metrics.csv", "log.txt", "best.safetensors", "checkpoints"])
  func aFileThatIsThereIsLeftAlone(_ name: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data("mine".utf8).write(to: file)
      let run = try Tool.run(["train", "catch-v1", "--steps", "32", "--output", folder.path])
      #expect(run.failedInOneLine && run.errors.contains(name) && run.status == 73, "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
      #expect(try Data(contentsOf: file) == Data("mine".utf8))
    }
  }

  /// A run keeps the policy that it began with.
  @Test func theStartMayMove() throws {
    try withTemporaryFolder { folder in
      // A name that YAML would read otherwise.
      let start = folder.appendingPathComponent("a policy: Hoodwink's #1")
      let url = folder.appendingPathComponent("run")
      #expect(
        try Tool.run(["train", "catch-v1", "--steps", "1100", "--hidden", "8", "--output", start.path]).status
          == 0)
      // Far longer than anybody waits: the first of its 200 points are enough.
      let status = try run(
        [
          "train", "catch-v1", "--steps", "400000", "--hidden", "8", "--start-from", start.path, "--output",
          url.path,
        ],
        until: 1, signal: SIGTERM, in: url)
      #expect(status == 143)
      try FileManager.default.removeItem(at: start)
      #expect(try run(["train", "--resume", url.path], until: 1, signal: SIGTERM, in: url) == 143)
    }
  }

  /// Nobody trains in the folder of a policy that ships.
  @Test func policiesThatShipAreLeftAlone() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("catch-v1-dqn")
      try FileManager.default.copyItem(
        at: repository.appendingPathComponent("Policies/catch-v1-dqn"), to: url)
      let new = try Tool.run(["train", "catch-v1", "--output", url.path])
      #expect(
        new.failedInOneLine && new.errors.contains("a policy already") && new.status == 73, "\(new.errors)")
      try Data("environment: catch-v1\n".utf8).write(to: url.appendingPathComponent("recipe.yaml"))
      let resumed = try Tool.run(["train", "--resume", url.path])
      #expect(
        resumed.failedInOneLine && resumed.errors.contains("ships") && resumed.status == 65,
        "\(resumed.errors)")
    }
  }

  @Test func aRunInUseIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      let (process, _, _) = try Tool.start(
        ["train", "catch-v1", "--steps", "2000000", "--output", url.path], in: repository)
      while process.isRunning && lines(of: url.appendingPathComponent("metrics.csv")) < 1 { sched_yield() }
      let second = try Tool.run(["train", "--resume", url.path])
      #expect(second.failedInOneLine && second.errors.contains("in use"), "\(second.errors)")
      #expect(second.status == 75)
      process.terminate()
      process.waitUntilExit()
      #expect(process.terminationStatus == 143)
    }
  }

  @Test func severalSeedsAreSummarized() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      let run = try Tool.run([
        "train", "catch-v1", "--steps", "3000", "--seeds", "3", "--seed", "5", "--hidden", "16", "--output",
        url.path,
        "--json",
      ])
      #expect(run.status == 0, "\(run.errors)")
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let runs = try #require(summary["runs"] as? [[String: Any]])
      #expect(runs.map { $0["seed"] as? Int } == [5, 6, 7])
      // Three values are too few to cut any from.
      let evaluations = runs.compactMap { $0["evaluation"] as? Double }
      let mean = try #require(summary["interquartileMean"] as? Double)
      #expect(abs(evaluations.reduce(0, +) / 3 - mean) < 1e-9)
      // One of them is the run of its seed alone.
      let single = folder.appendingPathComponent("single")
      let alone = try Tool.run([
        "train", "--recipe", url.appendingPathComponent("recipe.yaml").path, "--seeds", "1", "--seed", "6",
        "--output",
        single.path,
      ])
      #expect(alone.status == 0, "\(alone.errors)")
      #expect(try Tool.results(of: single) == Tool.results(of: url.appendingPathComponent("seed-6")))
      let again = try Tool.run(["train", "--resume", url.path])
      #expect(
        again.status == 0 && again.output.contains("Mean of evaluations over 3 seeds"), "\(again.errors)")
      // What has changed is named in the file that a person changes.
      let recipe = url.appendingPathComponent("recipe.yaml")
      let text = try String(contentsOf: recipe, encoding: .utf8)
      for (line, other, words) in [
        ("steps: 3000", "steps: 4000", "run/recipe.yaml:5: 'steps' is 4000"),
        ("seed: 5", "seed: 6", "holds seed-5"),
        ("seeds: 3\n", "", "holds seed-5"),
      ] {
        try Data(text.replacing(line, with: other).utf8).write(to: recipe)
        let changed = try Tool.run(["train", "--resume", url.path])
        #expect(changed.failedInOneLine && changed.errors.contains(words), "\(changed.errors)")
      }
    }
  }

  @Test func whatCannotBeResumedIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      #expect(
        try Tool.run(["train", "catch-v1", "--steps", "1100", "--output", url.path]).status == 0)
      let nothing = try Tool.run(["train", "--resume", folder.path])
      #expect(nothing.failedInOneLine && nothing.errors.contains("no run"), "\(nothing.errors)")
      let option = try Tool.run(["train", "--resume", url.path, "--steps", "5000"])
      #expect(option.failedInOneLine && option.errors.contains("--steps"), "\(option.errors)")
      let recipe = url.appendingPathComponent("recipe.yaml")
      let text = try String(contentsOf: recipe, encoding: .utf8)
      try Data(text.replacing("steps: 1100", with: "steps: 9000").utf8).write(to: recipe)
      let before = try Tool.results(of: url)
      let changed = try Tool.run(["train", "--resume", url.path])
      #expect(changed.failedInOneLine, "\(changed.errors)")
      for word in ["recipe.yaml:", "'steps' is 9000", "1100"] { #expect(changed.errors.contains(word)) }
      #expect(try Tool.results(of: url) == before)
    }
  }

  @Test func aChangedEnvironmentIsRefused() throws {
    try withTemporaryFolder { folder in
      let environments = folder.appendingPathComponent("Environments")
      try FileManager.default.createDirectory(at: environments, withIntermediateDirectories: true)
      let definition = environments.appendingPathComponent("catch-v1.yaml")
      let text = try String(
        contentsOf: repository.appendingPathComponent("Environments/catch-v1.yaml"), encoding: .utf8)
      try Data(text.utf8).write(to: definition)
      let url = folder.appendingPathComponent("run")
      let root = ["--root", folder.path]
      #expect(
        try Tool.run(["train", "catch-v1", "--steps", "1100", "--output", url.path] + root).status == 0)
      try Data(text.replacing("columns: 10", with: "columns: 9").utf8).write(to: definition)
      let resumed = try Tool.run(["train", "--resume", url.path] + root)
      #expect(resumed.failedInOneLine, "\(resumed.errors)")
      for word in ["recipe.yaml:3:", "catch-v1", "changed"] { #expect(resumed.errors.contains(word)) }
    }
  }

  /// A learning rate beyond all measure: the run stops and says where and why, and what was learned before stays.
  @Test func anExplodingRunSaysSo() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      let run = try Tool.run([
        "train", "catch-v1", "--steps", "30000", "--learning-rate", "1e30", "--output", url.path,
      ])
      #expect(run.status == 70)
      let last = run.errors.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("hoodwink: the ") && last.contains("at step "), "\(run.errors)")
      let log = try String(contentsOf: url.appendingPathComponent("log.txt"), encoding: .utf8)
      #expect(log.contains("stopped: the "))
      // And it is still there when the run has been tried again.
      #expect(try Tool.run(["train", "--resume", url.path]).status == 70)
      #expect(try String(contentsOf: url.appendingPathComponent("log.txt"), encoding: .utf8).hasPrefix(log))
      #expect(FileManager.default.fileExists(atPath: url.appendingPathComponent("last.safetensors").path))
    }
  }

  /// Of several seeds one whose learning comes apart is named, and the others are trained all the same.
  @Test func anExplodingSeedStopsNoOther() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("runs")
      let run = try Tool.run([
        "train", "catch-v1", "--seeds", "2", "--steps", "30000", "--learning-rate", "1e30", "--threads", "1",
        "--output", url.path,
      ])
      #expect(run.status == 70)
      #expect(run.errors.split(separator: "\n").last?.hasPrefix("hoodwink: seed-0: the ") == true)
      let log = url.appendingPathComponent("seed-1/log.txt")
      #expect(try String(contentsOf: log, encoding: .utf8).contains("stopped: the "))
    }
  }
}

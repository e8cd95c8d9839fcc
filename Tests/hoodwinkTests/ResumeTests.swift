import Foundation
import TestSupport
import Testing

/// Trainings that are stopped from outside, and go on.
@Suite struct ResumeTests {
  private static let files = ["last.safetensors", "best.safetensors", "metrics.csv", "events.out.tfevents"]

  private func contents(of run: URL) throws -> [Data] {
    try Self.files.map { try Data(contentsOf: run.appendingPathComponent($0)) }
  }

  private func lines(of file: URL) -> Int {
    (try? Data(contentsOf: file))?.count { $0 == UInt8(ascii: "\n") } ?? 0
  }

  /// Kills the tool when its curves have so many points; returns its status, negative for a signal that ended it.
  private func run(_ arguments: [String], until points: Int, signal: Int32, in run: URL) throws -> Int32 {
    let (process, _, _) = try Tool.start(arguments, in: repository)
    let metrics = run.appendingPathComponent("metrics.csv")
    while process.isRunning && lines(of: metrics) <= points { sched_yield() }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// Checkpoints lie behind what the curves show, and other signals stop elsewhere than kill -9.
  @Test(arguments: [("dqn", "20000"), ("ppo", "60000")])
  func killedRunsGiveTheSameBytes(_ agent: String, _ steps: String) throws {
    try withFolder { folder in
      let command = [
        "train", "catch-v1", "--agent", agent, "--steps", steps, "--hidden", "32", "--checkpoint-every",
        "3000",
        "--lanes", "16", "--evaluate-every", "5000",
      ]
      let whole = folder.appendingPathComponent("whole")
      #expect(try Tool.run(command + ["--output", whole.path, "--threads", "1"]).status == 0)
      let stopped = folder.appendingPathComponent("stopped")
      let resume = ["train", "--resume", stopped.path]
      var arguments = command + ["--output", stopped.path]
      // DQN gives 200 points and PPO 30. Statuses are as shells count them.
      let scale = agent == "dqn" ? 10 : 1
      for (points, signal, status) in [
        (1, SIGKILL, -SIGKILL), (3, SIGTERM, 143), (6, SIGKILL, -SIGKILL), (8, SIGINT, 130),
      ] {
        let found = try run(arguments, until: points * scale, signal: signal, in: stopped)
        #expect(found == status, "signal \(signal)")
        arguments = resume
      }
      let last = try Tool.run(resume)
      #expect(last.status == 0, "\(last.errors)")
      #expect(try contents(of: stopped) == contents(of: whole))
      let before = try contents(of: stopped)
      let finished = try Tool.run(resume)
      #expect(finished.status == 0 && finished.errors.contains("is finished"), "\(finished.errors)")
      #expect(try contents(of: stopped) == before)
    }
  }

  /// Progress that nobody can read ends no training: on a full disk, closed, or with its reader gone.
  @Test(arguments: ["> /dev/null 2> /dev/full", "> /dev/null 2>&-", "2>&1 > /dev/null | true"])
  func progressThatCannotBeWrittenEndsNothing(_ redirected: String) throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("run")
      let command = ["train", "catch-v1", "--steps", "3000", "--hidden", "8", "--output", url.path]
      #expect(try Tool.status(of: command, redirected: redirected) == 0)
      // With a pipe, the status is that of its reader.
      let log = try String(contentsOf: url.appendingPathComponent("log.txt"), encoding: .utf8)
      #expect(log.hasSuffix("finished\n"), "\(log)")
      // None of its files got the number of a stream that is closed.
      for name in try FileManager.default.contentsOfDirectory(atPath: url.path) where name != "checkpoints" {
        let bytes = try Data(contentsOf: url.appendingPathComponent(name))
        #expect(bytes.range(of: Data("steps/s".utf8)) == nil, "\(name)")
      }
    }
  }

  /// What nohup shields from the end of a terminal goes on.
  @Test func aShieldedTrainingGoesOn() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("run")
      let script = """
        nohup "$1" train catch-v1 --steps 20000 --hidden 8 --output "$2" > "$2.txt" 2>&1 &
        until [ -s "$2/metrics.csv" ] || ! kill -0 $!; do :; done
        kill -HUP $!
        wait $!
        """
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", script, "bash", Tool.executable.path, url.path]
      process.currentDirectoryURL = repository
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }

  /// A file that may not grow is an error that is told, and leaves nothing half-written.
  @Test func aLimitOnFilesIsAnError() throws {
    try withFolder { folder in
      let errors = folder.appendingPathComponent("errors")
      let output = folder.appendingPathComponent("crafted")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", "ulimit -f 20; exec env --default-signal=XFSZ \"$0\" \"$@\"", Tool.executable.path,
        "craft", "catch-v1-dqn", "--epsilon", "0.1", "--episodes", "50", "--output", output.path,
      ]
      process.currentDirectoryURL = repository
      try Data().write(to: errors)
      process.standardError = try FileHandle(forWritingTo: errors)
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 73)
      #expect(try String(contentsOf: errors, encoding: .utf8).hasSuffix("crafted: File too large\n"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["errors"])
    }
  }

  /// Files of another make are not overwritten.
  @Test(arguments: ["metrics.csv", "log.txt", "best.safetensors", "checkpoints"])
  func aFileThatIsThereIsLeftAlone(_ name: String) throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data("mine".utf8).write(to: file)
      let run = try Tool.run(["train", "catch-v1", "--steps", "32", "--output", folder.path])
      #expect(run.failedInOneLine && run.errors.contains(name) && run.status == 73, "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
      #expect(try Data(contentsOf: file) == Data("mine".utf8))
    }
  }

  /// Results that nobody gets are an error.
  @Test(arguments: [["list", "environments"], ["trace", "--env", "catch-v1", "--observations"]])
  func resultsThatCannotBeWrittenAreAnError(_ command: [String]) throws {
    #expect(try Tool.status(of: command, redirected: "> /dev/full 2> /dev/null") == 74)
  }

  /// A run keeps the policy that it began with.
  @Test func theStartMayMove() throws {
    try withFolder { folder in
      let (start, url) = (folder.appendingPathComponent("start"), folder.appendingPathComponent("run"))
      #expect(
        try Tool.run(["train", "catch-v1", "--steps", "1100", "--hidden", "8", "--output", start.path]).status
          == 0)
      let status = try run(
        [
          "train", "catch-v1", "--steps", "20000", "--hidden", "8", "--start-from", start.path, "--output",
          url.path,
        ],
        until: 20, signal: SIGTERM, in: url)
      #expect(status == 143)
      try FileManager.default.removeItem(at: start)
      let resumed = try Tool.run(["train", "--resume", url.path])
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
  }

  /// Nobody trains in the folder of a policy that ships.
  @Test func policiesThatShipAreLeftAlone() throws {
    try withFolder { folder in
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
    try withFolder { folder in
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
    try withFolder { folder in
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
      #expect(try contents(of: single) == contents(of: url.appendingPathComponent("seed-6")))
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

  /// Recipes, what the one line must contain, and the status of sysexits.h.
  static let badRecipes: [(recipe: String, words: [String])] = [
    ("environment: catch-v1\nlanez: 8\n", ["recipe.yaml:2:", "lanez", "lanes"]),
    (
      "environment: catch-v1\nsteps: many\n",
      ["recipe.yaml:2:", "'many' is invalid for 'steps'", "nvironment steps"]
    ),
    (
      "environment: catch-v1\nthreads: 2\n",
      ["recipe.yaml:2:", "threads", "give --threads to hoodwink train"]
    ),
    ("environment: catch-v1\nlanes: 0\n", ["recipe.yaml:2:", "lanes", "from 1 to 4096"]),
    ("environment: catch-v1\ndouble: perhaps\n", ["recipe.yaml:2:", "double", "true or false"]),
    ("environment: catch-v1\nsteps:\n", ["recipe.yaml:2:", "steps", "value"]),
    ("environment: catch-v1\nsteps: 10\nsteps: 20\n", ["recipe.yaml:", "steps", "twice"]),
    ("environment: catch-v1\nagent: ppo\n\ndueling: true\n", ["recipe.yaml:4:", "dueling", "ppo"]),
    ("environment: catch-v1\nagent: ppo\nlstm: 0\n", ["recipe.yaml:3:", "lstm", "from 1 to"]),
    ("environment: catch-v1\nexploration: 1..2\n", ["recipe.yaml:2:", "exploration", "2.0"]),
    ("environment: catch-v1\nagent: dqn\nlstm: 8\n", ["recipe.yaml:3:", "LSTM", "ppo"]),
    ("environment: catch-v1\nreplay-capacity: 500\n", ["recipe.yaml:2:", "500"]),
    ("environment: catch-v1\nagent: ppo\nminibatches: 100000\n", ["recipe.yaml:3:", "100000 minibatches"]),
    ("environment: lava-bridge-v1\nnetwork: nature-cnn\n", ["recipe.yaml:2:", "does not fit"]),
    ("environment: catch-v1\nepsilon: 0.1\n", ["recipe.yaml:2:", "epsilon", "defense"]),
    ("environment: catch-v1\ndefense: adversarial\n", ["recipe.yaml:2:", "epsilon"]),
    ("environment: cach-v1\n", ["recipe.yaml:1:", "cach-v1", "catch-v1"]),
    ("environment: catch-v1\nenvironment-hash: '00'\n", ["recipe.yaml:2:", "catch-v1", "changed"]),
    (
      "environment: catch-v1\nstart-from: catch-v1-dqn\nstart-from-hash: '00'\n",
      ["recipe.yaml:3:", "catch-v1-dqn", "changed"]
    ),
    ("environment: catch-v1\nagent: ppo\nstart-from: catch-v1-dqn\n", ["recipe.yaml:3:", "dqn"]),
    ("agent: dqn\n", ["environment"]),
    ("- catch-v1\n", ["recipe.yaml:1:", "option: value"]),
    ("environment: [\n", ["recipe.yaml:", "YAML"]),
  ]

  @Test(arguments: badRecipes)
  func badRecipesFailInOneLine(_ recipe: String, _ words: [String]) throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("recipe.yaml")
      try Data(recipe.utf8).write(to: file)
      let url = folder.appendingPathComponent("run")
      let run = try Tool.run(["train", "--recipe", file.path, "--output", url.path])
      #expect(run.failedInOneLine, "\(run.output) \(run.errors)")
      for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
      #expect(!FileManager.default.fileExists(atPath: url.path))
    }
  }

  /// What a run writes down of itself makes the same run, and options override it.
  @Test func theResolvedRecipeIsComplete() throws {
    try withFolder { folder in
      func train(_ arguments: [String], _ name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        let run = try Tool.run(["train"] + arguments + ["--output", url.path])
        #expect(run.status == 0, "\(run.errors)")
        return url
      }
      let settings = [
        "breakout-v1", "--agent", "ppo", "--steps", "3000", "--seed", "9", "--network", "minatar-cnn",
        "--hidden", "16,8", "--activation",
        "tanh",
        "--layer-norm", "--no-shared", "--lanes", "8", "--horizon", "16", "--clip-value",
        "--target-divergence", "0.5",
        "--learning-rate", "1e-3..1e-4@0.5", "--defense", "adversarial", "--epsilon", "8/255",
      ]
      let first = try train(settings, "first")
      let recipe = first.appendingPathComponent("recipe.yaml")
      let second = try train(["--recipe", recipe.path], "second")
      #expect(try contents(of: first) == contents(of: second))
      #expect(
        try Data(contentsOf: recipe) == Data(contentsOf: second.appendingPathComponent("recipe.yaml")))
      let other = try train(["--recipe", recipe.path, "--seed", "10", "--no-layer-norm"], "other")
      let text = try String(contentsOf: other.appendingPathComponent("recipe.yaml"), encoding: .utf8)
      for line in ["seed: 10\n", "layer-norm: false\n", "hidden: 16,8\n", "clip-value: true\n"] {
        #expect(text.contains(line), "\(text)")
      }
    }
  }

  @Test func whatCannotBeResumedIsLeftAlone() throws {
    try withFolder { folder in
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
      let before = try contents(of: url)
      let changed = try Tool.run(["train", "--resume", url.path])
      #expect(changed.failedInOneLine, "\(changed.errors)")
      for word in ["recipe.yaml:", "'steps' is 9000", "1100"] { #expect(changed.errors.contains(word)) }
      #expect(try contents(of: url) == before)
    }
  }

  @Test func aChangedEnvironmentIsRefused() throws {
    try withFolder { folder in
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

  /// A limit on the size of files stands for a full disk: the shell ignores the limit's signal, and so does the tool.
  @Test func aFullDiskIsOneErrorAndTheCheckpointStays() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("run")
      let process = Process()
      let errors = Pipe()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      // In units of 1,024 bytes: enough for the policy and the first checkpoint, not for one with a replay.
      process.arguments = [
        "-c",
        "trap '' XFSZ; ulimit -f 200; exec \"$0\" train catch-v1 --steps 60000 --hidden 8 --lanes 8 "
          + "--checkpoint-every 500 --output \"$1\"",
        Tool.executable.path, url.path,
      ]
      process.currentDirectoryURL = repository
      process.standardError = errors
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let complained = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 73)
      let last = complained.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("hoodwink: cannot write") && last.contains("checkpoints"), "\(complained)")
      // What was saved before goes on, and nothing half written is left.
      let names = try FileManager.default.contentsOfDirectory(
        atPath: url.appendingPathComponent("checkpoints").path)
      #expect(!names.isEmpty && names.allSatisfy { $0.hasPrefix("step-") })
      let steps = try #require(names.sorted().last?.dropFirst(5)).drop { $0 == "0" }
      let resumed = try Tool.run(["train", "--resume", url.path])
      #expect(resumed.status == 0, "\(resumed.errors)")
      let log = try String(contentsOf: url.appendingPathComponent("log.txt"), encoding: .utf8)
      #expect(log.contains("resumed at step \(steps)"), "\(log)")
    }
  }

  /// A learning rate beyond all measure: the run stops and says where and why, and what was learned before stays.
  @Test func anExplodingRunSaysSo() throws {
    try withFolder { folder in
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
}

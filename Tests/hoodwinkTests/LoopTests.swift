import Foundation
import Networks
import Policies
import TestSupport
import Testing

/// The loop from the command line: train, attack, evaluate, watch.
@Suite struct LoopTests {
  @Test func trainsAttacksEvaluatesAndRecords() throws {
    try withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run").path
      let trained = try Tool.run(["train", "catch-v1", "--steps", "3000", "--output", run, "--json"])
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(trained.errors.contains("steps/s"))
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(trained.output.utf8)) as? [String: Any])
      #expect(summary["isFinished"] as? Bool == true)
      let metrics = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8)
      #expect(metrics.hasPrefix("steps,episodes,recent_return,evaluation_return,loss,"))

      for name in [run, run + "/last.safetensors"] {
        let attacked = try Tool.run(["attack", name, "--epsilon", "8/255", "--episodes", "10"])
        #expect(attacked.status == 0, "\(attacked.errors)")
        #expect(attacked.output.contains("8/255 (0.0314)"))
      }
      let certify = ["certify", run, "--epsilons", "1/255,0", "--episodes", "5", "--attack", "fgsm"]
      let certified = try Tool.run(certify)
      #expect(certified.status == 0, "\(certified.errors)")
      let json = try Tool.run(certify + ["--json"]).output
      let found = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect(found["bounds"] as? [String] == ["interval", "linear"])

      let evaluate = ["evaluate", run, "--epsilons", "0,8/255", "--episodes", "40", "--json", "--seed", "3"]
      let one = try Tool.run(evaluate + ["--threads", "1"])
      #expect(one.status == 0, "\(one.errors)")
      for _ in 0..<2 {
        #expect(try timeless(Tool.run(evaluate + ["--threads", "2"]).output) == timeless(one.output))
      }
      // Epsilon 0 is the clean run.
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(one.output.utf8)) as? [String: Any])
      let cells = try #require(report["cells"] as? [[String: Any]])
      #expect(cells.count == 5)
      #expect((report["worstCases"] as? [Any])?.count == 2)
      let clean = try #require(cells[0]["returns"] as? [Double])
      let zeros = cells.filter { $0["epsilon"] as? String == "0" }
      #expect(zeros.count == 2)
      for cell in zeros { #expect(cell["returns"] as? [Double] == clean) }

      let frames = folder.appendingPathComponent("frames").path
      let watched = try Tool.run(["watch", run, "--epsilon", "32/255", "--record", frames])
      #expect(watched.status == 0, "\(watched.errors)")
      let pictures = try FileManager.default.contentsOfDirectory(atPath: frames)
      #expect(pictures.count == 9)
      let first = try Data(contentsOf: URL(fileURLWithPath: frames + "/frame-000001.png"))
      #expect(first.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  /// The lines that do not tell how long it took.
  private func timeless(_ output: String) -> [Substring] {
    output.split(separator: "\n").filter { !$0.contains("\"seconds\"") }
  }

  /// Noise needs no gradient, and a plain policy lets all through: straight through goes what needs it, and no more.
  @Test func straightThroughIsForThoseThatNeedIt() throws {
    try withTemporaryFolder { folder in
      let rounded = folder.appendingPathComponent("rounded").path
      let training = try Tool.run([
        "train", "catch-v1", "--steps", "1", "--start-from", "catch-v1-dqn", "--defense", "rounding",
        "--output", rounded,
      ])
      #expect(training.status == 0, "\(training.errors)")
      let command = ["--attacks", "noise, fgsm", "--epsilons", "0.1", "--episodes", "2", "--json"]
      let run = try Tool.run(["evaluate", rounded, "catch-v1-dqn", "--straight-through"] + command)
      let report = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
      let cells = try #require(report?["cells"] as? [[String: Any]], "\(run.errors)")
      #expect(
        cells.map { $0["straightThrough"] as? Bool } == [nil, false, true, nil, false, false], "\(cells)")
      #expect(try Tool.run(["evaluate", rounded] + command).errors.contains("--straight-through"))
      let plain = try Tool.run(["evaluate", "catch-v1-dqn", "--straight-through"] + command)
      #expect(plain.status == 64 && plain.errors.contains("no transform"), "\(plain.errors)")
    }
  }

  /// The source code has folders of the same names as the data.
  @Test func theDataIsFoundFromAnywhereInTheProject() throws {
    let run = try Tool.run(["list", "environments"], in: repository.appendingPathComponent("Sources"))
    #expect(run.status == 0 && run.output.contains("catch-v1"), "\(run.errors)")
  }

  /// Rounding changes no weight: behind it the same ones are another policy, and the one without it is there to search on.
  @Test func theSameWeightsBehindRoundingAreAnotherPolicy() throws {
    try withTemporaryFolder { folder in
      func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
      for (name, defense) in [("plain", []), ("rounded", ["--defense", "rounding"])] {
        let train = ["train", "catch-v1", "--agent", "dqn", "--steps", "50", "--output", file(name)]
        #expect(try Tool.run(train + defense).status == 0)
      }
      let attack = ["--attack", "fgsm", "--epsilon", "0.1", "--episodes", "2", "--surrogate", file("plain")]
      let run = try Tool.run(["attack", file("rounded")] + attack)
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        try Tool.run(["attack", file("plain")] + attack).errors.contains("is the attacked policy itself"))
    }
  }

  /// A policy that draws its actions, and attacks that search elsewhere, are labeled as such for people and machines.
  @Test func samplingAndSurrogatesAreLabeled() throws {
    let sampled = [
      "evaluate", "breakout-v1-ppo", "--attacks", "fgsm,hopskipjump:iterations=1:samples=4", "--epsilons",
      "0,8/255",
      "--episodes", "3", "--sampled", "--expectation", "3",
    ]
    #expect(try Tool.run(sampled).output.contains("actions sampled"))
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(Tool.run(sampled + ["--json"]).output.utf8))
        as? [String: Any])
    let cells = try #require(report["cells"] as? [[String: Any]])
    #expect(cells.allSatisfy { $0["acting"] as? String == "sampled" })
    #expect(report["surprises"] is [Any])
    // One policy by two names is one training seed.
    let twice = try Tool.run([
      "evaluate", "catch-v1-dqn", "Policies/catch-v1-dqn", "--epsilons", "8/255", "--episodes", "2", "--json",
    ])
    let same = try JSONSerialization.jsonObject(with: Data(twice.output.utf8)) as? [String: Any]
    #expect((same?["overTrainingSeeds"] as? [Any])?.isEmpty == true)
    let greedy = try Tool.run(["attack", "breakout-v1-ppo", "--epsilon", "0", "--episodes", "3", "--json"])
    let attacked = try JSONSerialization.jsonObject(with: Data(greedy.output.utf8)) as? [String: Any]
    #expect(attacked?["surprises"] is [Any])
    let plain = try #require(attacked?["cells"] as? [[String: Any]])
    #expect(plain.allSatisfy { $0["acting"] as? String == "greedy" })
    let returns = cells.filter { $0["epsilon"] as? String != "8/255" }.map { $0["returns"] as? [Double] }
    #expect(Set(returns).count == 1)
    #expect(plain[0]["returns"] as? [Double] != returns[0])

    let transfer = [
      "attack", "catch-v1-dqn", "--epsilon", "32/255", "--episodes", "10", "--knowledge", "actions",
      "--surrogate",
      "catch-v1-dqn-adversarial",
    ]
    let run = try Tool.run(transfer)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("searched on catch-v1-dqn-adversarial"))
    let transferred = try JSONSerialization.jsonObject(
      with: Data(Tool.run(transfer + ["--json"]).output.utf8))
    let json = try #require((transferred as? [String: Any])?["cells"] as? [[String: Any]])
    #expect(json[1]["surrogate"] as? String == "catch-v1-dqn-adversarial")
    #expect(json[1]["backwardPasses"] as? Int == 0)
  }

  @Test func sameCommandSameBytes() throws {
    try withTemporaryFolder { folder in
      var bytes: [Data] = []
      for (name, threads) in [("a", "1"), ("b", "2"), ("c", "1")] {
        let run = folder.appendingPathComponent(name)
        let arguments = [
          "train", "catch-v1", "--agent", "reinforce", "--steps", "4000", "--defense", "adversarial",
          "--epsilon",
          "0.1", "--threads", threads, "--output", run.path,
        ]
        #expect(try Tool.run(arguments).status == 0)
        bytes.append(try Data(contentsOf: run.appendingPathComponent("last.safetensors")))
      }
      #expect(bytes[0] == bytes[1])
      #expect(bytes[0] == bytes[2])
    }
  }

  /// Nothing changes an action within nothing, also where bounds that allow for rounding cannot tell two scores apart.
  @Test func everyFrameIsCertifiedAtEpsilonZero() throws {
    let run = try Tool.run(["certify", "catch-v1-dqn", "--epsilons", "1/255,0", "--episodes", "2", "--json"])
    let found = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let sizes = try #require(found["sizes"] as? [[String: Any]])
    #expect(sizes.map { $0["epsilon"] as? String } == ["0", "1/255"])
    #expect(sizes[0]["certificationRate"] as? Double == 1)
    #expect(sizes[0]["certifiedEpisodes"] as? Int == 2)
  }

  /// A signal in the middle of a long attack ends it with its own status.
  @Test(arguments: [SIGINT, SIGTERM])
  func interruptedAttacks(_ signal: Int32) throws {
    let (process, _, errors) = try Tool.start(
      [
        "attack", "catch-v1-dqn", "--attack", "pgd", "--set", "early-stop=no", "--steps", "400", "--epsilon",
        "0.1",
        "--episodes", "5000",
      ], in: repository)
    // The clean episodes are over, and the attack is at work.
    var seen = ""
    while process.isRunning && !seen.contains("50%") {
      seen += String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    }
    kill(process.processIdentifier, signal)
    seen += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
    #expect(seen.contains("interrupted"))
  }

  /// What was finished before a signal is told, and told to be a part.
  @Test(arguments: [
    (
      "evaluate", 67,
      [
        "--attacks", "noise,pgd", "--steps", "1000", "--epsilons", "0.1", "--episodes", "300", "--threads",
        "1",
      ]
    ),
    ("selftest", 40, ["--epsilons", "4/255,5/255,6/255,7/255,8/255,9/255,10/255,11/255"]),
  ])
  func whatWasFinishedIsTold(_ verb: String, _ percent: Int, _ options: [String]) throws {
    let (process, output, errors) = try Tool.start(
      [verb, "catch-v1-dqn", "--json"] + options, in: repository)
    var seen = ""
    // Told of progress or of its end.
    while let text = String(data: errors.fileHandleForReading.availableData, encoding: .utf8), !text.isEmpty {
      seen += text
      if seen.matches(of: /(\d+)%/).contains(where: { Int($0.1)! >= percent }) { break }
    }
    process.interrupt()
    let told = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130, "\(seen)")
    let found = try JSONSerialization.jsonObject(with: told)
    if let panels = found as? [[String: Any]] {
      #expect((3...7).contains(panels.count))
    } else {
      let report = try #require(found as? [String: Any])
      #expect(report["isComplete"] as? Bool == false)
      #expect((report["cells"] as? [Any])?.count == 2)
    }
  }

  /// SIGINT in the middle of a long training: the status of an interruption, and a policy that can be used.
  @Test func interruptionKeepsWhatWasLearned() throws {
    try withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run")
      let (process, _, errors) = try Tool.start(
        ["train", "catch-v1", "--steps", "2000000", "--output", run.path], in: repository)
      // The run folder appears when training begins.
      let metrics = run.appendingPathComponent("metrics.csv").path
      while process.isRunning && !FileManager.default.fileExists(atPath: metrics) { sched_yield() }
      process.interrupt()
      let complained = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit)
      #expect(process.terminationStatus == 130)
      #expect(complained.contains("what was learned is in"))
      let file = try PolicyFile(contentsOf: run.appendingPathComponent("last.safetensors"))
      #expect(file.description.steps < 2_000_000)
    }
  }

  @Test func everyVerbHasHelpWithExamples() throws {
    for verb in [
      "list", "train", "attack", "craft", "evaluate", "certify", "selftest", "watch", "play",
      "baseline", "trace",
    ] {
      let help = try Tool.run([verb, "--help"])
      #expect(help.status == 0)
      #expect(help.output.contains("Examples:"))
    }
  }

  @Test(arguments: ["environments", "policies", "attacks"])
  func listsForPeopleAndMachines(_ subject: String) throws {
    #expect(try Tool.run(["list", subject]).status == 0)
    let json = try Tool.run(["list", subject, "--json"])
    #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [Any])
  }

  /// Flips change what the policy does, whatever epsilon is: they are no rival of what changes what it sees.
  @Test func flipsAreNotTheStrongestAttack() throws {
    let run = try Tool.run([
      "evaluate", "catch-v1-dqn", "--attacks", "noise,fgsm,flip:rate=1", "--epsilons", "1/255", "--episodes",
      "10",
      "--json",
    ])
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let cells = try #require(report["cells"] as? [[String: Any]])
    #expect(try #require(cells.last?["mean"] as? Double) < 0)
    let worst = try #require((report["worstCases"] as? [[String: Any]])?.first)
    #expect(worst["minimumOfMeans"] as? Double == 1)
    #expect((report["surprises"] as? [Any])?.isEmpty == true)
  }

  /// What a recipe's run says that it began with is what the list says that there is.
  @Test func theListHasTheHashOfEachPolicysWeights() throws {
    struct Row: Decodable { let name, weightsHash: String }
    let list = try Tool.run(["list", "policies", "--json"])
    let rows = try JSONDecoder().decode([Row].self, from: Data(list.output.utf8))
    let row = try #require(rows.first { $0.name == "catch-v1-dqn" })
    try withTemporaryFolder { folder in
      let run = folder.appending(path: "run")
      let training = try Tool.run([
        "train", "catch-v1", "--start-from", "catch-v1-dqn", "--steps", "32", "--output", run.path,
      ])
      try #require(training.status == 0)
      let recipe = try String(contentsOf: run.appending(path: "recipe.yaml"), encoding: .utf8)
      #expect(recipe.contains("start-from-hash: '\(row.weightsHash)'"))
    }
  }

  /// The data is found from any folder below the project.
  @Test func dataIsFoundUpward() throws {
    let here = repository.appendingPathComponent("Tests/hoodwinkTests")
    #expect(try Tool.run(["list", "environments"], in: here).output.contains("catch-v1"))
    try withTemporaryFolder { folder in
      let elsewhere = try Tool.run(["list", "environments"], in: folder)
      #expect(elsewhere.failedInOneLine)
      #expect(elsewhere.errors.contains("--root"))
      #expect(
        try Tool.run(["list", "environments", "--root", repository.path], in: folder).output.contains(
          "catch-v1"))
    }
  }
}

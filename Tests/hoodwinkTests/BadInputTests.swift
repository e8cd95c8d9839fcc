import Foundation
import TestSupport
import Testing

/// Bad input gives one clear line, a status that is not zero, and leaves nothing behind.
@Suite struct BadInputTests {
  /// A command line, what its error must contain, and the status of sysexits.h.
  struct Fault: CustomTestStringConvertible {
    let arguments: [String]
    let words: [String]
    let status: Int32
    var testDescription: String { arguments.joined(separator: " ") }
    init(_ line: String, _ words: [String], _ status: Int32) {
      arguments = line.split(separator: " ").map(String.init)
      self.words = words
      self.status = status
    }
  }

  static let faults = [
    Fault("train cach-v1", ["cach-v1", "catch-v1"], 65),
    Fault("train catch-v1 --agent dqm", ["dqm", "dqn"], 64),
    Fault("train catch-v1 --stepz 10", ["--stepz", "--steps"], 64),
    Fault("trian catch-v1", ["no verb", "trian", "'train'"], 64),
    Fault("attack catch-v1-dqn --atack fgsm", ["--atack", "'--attack'"], 64),  // and no --epsilon
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack FGSM", ["did you mean", "fgsm"], 64),
    Fault("attack nowhere/catch --epsilon 0.1", ["nowhere/catch", "no such file"], 66),
    Fault("train --resume nowhere", ["nowhere", "holds no run"], 66),
    Fault(
      "attack catch-v1-dqn --epsilon 0.1 --surrogate Policies/catch-v1-dqn", ["--surrogate", "itself"], 64),
    Fault(
      "train catch-v1 --defense adversarial:attack=flip --epsilon 0.1", ["flip", "nothing to harden"], 64),
    Fault("attack catch-v1-dqn --epsilon 8%", ["8%", "8/255 or 0.03"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --timing stratgic", ["stratgic", "strategic:gap"], 64),
    Fault("train catch-v1 --steps 0", ["--steps", "from 1 to"], 64),
    Fault("train catch-v1 --steps many", ["many"], 64),
    Fault("train catch-v1 --defense adversarial", ["--epsilon"], 64),
    Fault("train catch-v1 --epsilon 0.1", ["--defense"], 64),
    Fault("train catch-v1 --threads 0", ["at least 1"], 64),
    Fault("train lava-bridge-v1 --network conv", ["does not fit"], 65),
    Fault("train catch-v1 --agent dqn --clip 0.1", ["--clip", "dqn"], 64),
    Fault("train catch-v1 --double --no-double", ["--double and --no-double contradict"], 64),
    Fault("train catch-v1 --agent ppo --dueling", ["--dueling", "ppo"], 64),
    Fault("train catch-v1 --agent reinforce --epochs 2", ["--epochs", "reinforce"], 64),
    Fault("train catch-v1 --discount 1.5", ["--discount", "from 0.0 to 1.0", "1.5"], 64),
    Fault("train catch-v1 --discount 0.9..1.5", ["--discount", "from 0.0 to 1.0", "1.5"], 64),
    Fault("train catch-v1 --defense sa-dqn:labels=start --epsilon 0.1", ["--start-from"], 65),
    Fault("train catch-v1 --exploration 2", ["--exploration", "from 0.0 to 1.0"], 64),
    Fault("train catch-v1 --learning-rate=-0.1", ["--learning-rate", "at least 0.0"], 64),
    Fault("train catch-v1 --target-share 0", ["--target-share", "above 0"], 64),
    Fault("train catch-v1 --advantage-learning 1", ["--advantage-learning", "at most 0.99"], 64),
    Fault("train catch-v1 --gradient-limit inf", ["--gradient-limit", "a positive number"], 64),
    Fault("train catch-v1 --defense sa-dqn:steps=5 --epsilon 0.1", ["steps", "method=pgd"], 64),
    Fault("train catch-v1 --agent ppo --horizon 1000000 --lanes 4096", ["1000000 steps of 4096 lanes"], 65),
    Fault(
      "train catch-v1 --defense adversarial:attack=universal --epsilon 0.1", ["universal", "learns"], 64),
    Fault(
      "train catch-v1 --defense adversarial:attack=robust-sarsa --epsilon 0.1", ["robust-sarsa", "learns"], 64
    ),
    Fault("train catch-v1 --defense palette:values=5,6", ["palette", "one alone"], 65),
    Fault("train catch-v1 --hidden 64,x", ["64,x"], 64),
    Fault("train catch-v1 --learning-rate fast", ["fast", "1e-3..1e-4"], 64),
    Fault("train catch-v1 --agent dqn --lstm 8", ["LSTM", "ppo"], 65),
    Fault("train catch-v1 --agent dqn --replay-capacity 500", ["500"], 65),
    Fault("train catch-84-v1 --agent dqn --replay-capacity 1000000000", ["GiB", "at most"], 65),
    Fault("train catch-v1 --agent ppo --minibatches 100000", ["100000 minibatches"], 65),
    Fault("train catch-v1 --start-from catch-v1-dq", ["--start-from", "catch-v1-dqn"], 65),
    Fault("train catch-v1 --agent ppo --start-from catch-v1-dqn", ["dqn", "ppo"], 65),
    Fault("train breakout-v1 --start-from catch-v1-dqn", ["another network"], 65),
    Fault("attack no-such-policy --epsilon 0.1", ["no policy", "no-such-policy"], 66),
    Fault("attack no-such-policy --epsilon -0.1", ["-0.1"], 64),
    Fault("attack no-such-policy --epsilon nan", ["nan"], 64),
    Fault("attack no-such-policy --epsilon 0.1 --attack fgms", ["fgms", "fgsm"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --targeted", ["--target"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --target lefft", ["lefft", "left"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack worst-action --target left", ["goal of its own"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack flip --target left", ["whatever the goal"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack fgsm --steps 3", ["fgsm", "steps"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack pgd --steps 0", ["whole number"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack pgd --steps -1", ["whole number", "-1"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack pgd:steps=3 --steps 4", ["steps", "twice"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack pgd --steps 3 --set steps=3", ["steps", "twice"], 64),
    Fault(
      "attack catch-v1-dqn --epsilon 0.1 --attack pgd --restarts 2 --set random-start=no", ["contradict"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack pgd:stepz=3", ["stepz", "steps"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack universal:file=nowhere", ["nowhere"], 66),
    Fault(
      "attack catch-v1-dqn --epsilon 0.1 --attack universal:file=nowhere --steps 5", ["not learned again"], 64
    ),
    Fault(
      "attack catch-v1-dqn --epsilon 0.1 --attack flip --timing strategic --knowledge nothing",
      ["timing", "grants nothing", "every:k"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --region 8,8,5,5", ["8,8,5,5", "10×10"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --region nowhere.txt", ["nowhere.txt", "neither all"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --region -1,0,2,2", ["-1,0,2,2", "does not lie"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --share 1.5", ["from 0 to 1"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --share -0.5", ["from 0 to 1"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --timing often", ["often"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --norm l3", ["l3"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --knowledge scores", ["grants scores", "square"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --knowledge actions", ["grants actions", "--surrogate"], 64),
    Fault(
      "attack catch-v1-dqn --epsilon 0.1 --surrogate breakout-v1-ppo", ["--surrogate", "other observations"],
      64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --surrogate nobody", ["no policy", "nobody"], 66),
    Fault("attack catch-v1-dqn --epsilon 0.1 --sampled", ["--sampled", "dqn", "distribution"], 64),
    Fault("evaluate catch-v1-dqn --sampled", ["--sampled", "dqn", "distribution"], 64),
    Fault("certify catch-v1-dqn --steps 5", ["--attack"], 64),
    Fault("certify catch-v1-dqn --attack flip", ["changes actions"], 64),
    Fault("certify catch-v1-dqn --attack pgd --straight-through", ["no transform"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --expectation 0", ["--expectation", "from 1 to 10000"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --expectation 9223372036854775807", ["from 1 to 10000"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --straight-through", ["no transform"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --no-flip", ["--lower-value"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --set steps", ["name=value"], 64),
    Fault("craft catch-v1-dqn --epsilon 0.1 --output frames", ["--observations"], 64),
    Fault("craft catch-v1-dqn --epsilon 0.1 --observations nowhere --output frames", ["nowhere"], 66),
    Fault(
      "craft catch-v1-dqn --epsilon 0.1 --observations Policies/catch-v1-dqn/policy.safetensors --output frames",
      ["observations"], 65),
    Fault(
      "craft catch-v1-dqn --epsilon 0.1 --attack flip:rate=1 --episodes 1 --output frames",
      ["nothing to craft"], 64),
    Fault("craft catch-v1-dqn --epsilon 0.1 --episodes 1 --share 0.5 --output frames", ["--share"], 64),
    Fault(
      "craft catch-v1-dqn --epsilon 0.1 --episodes 1 --timing every:2 --output frames",
      ["--timing", "every observation"], 64),
    Fault("evaluate catch-v1-dqn --attacks fgsm,noise --steps 3", ["none of", "fgsm, noise", "steps"], 65),
    Fault("evaluate catch-v1-dqn --epsilons -8/255", ["-8/255", "0 or from"], 64),
    Fault("certify catch-v1-dqn --epsilons -8/255", ["-8/255", "0 or from"], 64),
    Fault("certify catch-v1-dqn --epsilons 8/255,", ["\"\"", "8/255"], 64),
    Fault("certify catch-v1-dqn --epsilons 0.1,0.1", ["0.1", "twice"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack noise+flip", ["flip", "one of several"], 64),
    Fault("watch catch-v1-dqn --epsilon 0.1 --record film.mp3", ["film.mp3", ".mp4"], 73),
    Fault("evaluate catch-v1-dqn --attacks fgsm,", ["without a name", "comma"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack fgsm+", ["without a name"], 64),
    Fault("evaluate catch-v1-dqn --attacks fgsm,fgsm", ["fgsm", "twice"], 64),
    Fault("evaluate catch-v1-dqn --attacks pgd,pgd:steps=20", ["pgd", "twice"], 64),
    Fault("evaluate catch-v1-dqn --csv curves.svg --picture ./curves.svg", ["curves.svg", "one file"], 64),
    Fault("evaluate catch-v1-dqn --csv README.md/cells.csv", ["README.md/cells.csv", "Not a directory"], 73),
    Fault("selftest catch-v1-dqn --straight-through", ["--straight-through", "leave it out"], 65),
    Fault("trace --env catch-v1 --steps 3 --output README.md", ["README.md", "exists"], 73),
    Fault("evaluate catch-v1-dqn --epsilons 0.1,0.1", ["0.1", "twice"], 64),
    Fault("evaluate catch-v1-dqn --csv README.md", ["README.md", "exists"], 73),
    Fault("evaluate catch-v1-dqn --picture curves.png", ["--picture", "curves.png", ".svg"], 64),
    Fault("evaluate catch-v1-dqn --picture nowhere/curves.svg", ["nowhere/curves.svg", "No such file"], 73),
    Fault("evaluate catch-v1-dqn --csv nowhere/cells.csv", ["nowhere/cells.csv", "No such file"], 73),
    Fault("craft catch-v1-dqn --epsilon 0.1 --episodes 1 --output nowhere/frames", ["nowhere/frames"], 73),
    Fault("attack catch-v1-dqn --epsilon 1e300", ["--epsilon", "1e300"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --episodes 9223372036854775807", ["--episodes", "1000000"], 64),
    Fault("watch catch-v1-dqn --record x --episodes 9223372036854775807", ["--episodes", "1000000"], 64),
    Fault("trace --env catch-v1 --steps 1000000000000", ["--steps", "100000000"], 64),
    Fault("selftest catch-v1-dqn --steps 60000", ["--steps", "50000"], 64),
    Fault("list attacks pdg", ["pdg", "pgd"], 64),
    Fault("list policies pgd", ["only attacks"], 64),
    Fault("evaluate no-such-policy --epsilons 0.1,x", ["x", "8/255"], 64),
    Fault("evaluate no-such-policy --attacks nois", ["nois", "noise"], 64),
    Fault("evaluate no-such-policy --episodes 0", ["from 1 to"], 64),
    Fault("evaluate", ["policies"], 64),
    Fault("evaluate README.md", ["README.md", "header"], 65),
    Fault("selftest no-such-policy", ["no policy", "no-such-policy"], 66),
    Fault("selftest catch-v1-dqn --epsilons 8/255,0", ["\"0\"", "from 1e-9"], 64),
    Fault("selftest catch-v1-dqn --steps 0", ["--steps", "from 1 to"], 64),
    Fault("selftest catch-v1-dqn --episodes 4", ["--episodes", "from 5 to"], 64),
    Fault("selftest catch-v1-dqn --knowledge scores", ["--knowledge", "weights"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --epsilon 0.2", ["--epsilon", "given twice"], 64),
    Fault("evaluate catch-v1-dqn --attacks fgsm --attacks=pgd", ["--attacks", "given twice"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --attack fgsm,pgd", ["fgsm+pgd", "evaluate --attacks"], 64),
    Fault("evaluate catch-v1-dqn --attacks fgsm --epsilons 8/255,16/510", ["16/510", "8/255"], 64),
    Fault("attack README.md --epsilon 0.1", ["README.md", "not a safetensors file"], 65),
    Fault("attack catch-v1-dqn --epsilon 1e-20", ["1e-20", "--epsilon"], 64),
    Fault("attack catch-v1-dqn --epsilon 0.1 --timing strategic:2", ["strategic:2", "--timing"], 64),
    Fault("evaluate catch-v1-dqn --epsilons 0 --picture p.svg", ["--picture", "above 0"], 64),
    Fault("baseline catch-v1 catch-v1", ["catch-v1", "named twice"], 64),
    Fault("selftest catch-v1-dqn --region 8,8,9,9", ["region"], 64),
    Fault("selftest catch-v1-dqn --expectation 0", ["--expectation", "from 1 to"], 64),
    Fault("watch Tests --record frames", ["Tests", "policy.safetensors"], 66),
    Fault("watch catch-v1-dqn --terminal --record frames", ["--terminal", "--record"], 64),
    Fault("watch catch-v1-dqn --record frames --sampled", ["--sampled", "dqn", "distribution"], 64),
    Fault("watch catch-v1-dqn --record frames --surrogate breakout-v1-ppo", ["other observations"], 64),
    Fault("baseline catch-v1 --sampled", ["--sampled"], 64),
    Fault("watch catch-v1-dqn --limit 0", ["--limit", "from 1 to"], 64),
    Fault("watch catch-v1-dqn --limit 20", ["--limit", "--record"], 64),
    Fault("watch catch-v1-dqn --record frames --target dwon", ["dwon", "no action"], 64),
    Fault("watch catch-v1-dqn --speed 0", ["--speed", "0.1 to 240"], 64),
    Fault("watch catch-v1-dqn --record frames --episodes 0", ["--episodes", "from 1 to"], 64),
    Fault("watch catch-v1-dqn --record frames --beside no-such-policy", ["no policy", "no-such-policy"], 66),
    Fault("watch catch-v1-dqn --record frames --attack fgms", ["fgms", "fgsm"], 64),
    Fault("watch catch-v1-dqn --record nowhere/film.mp4", ["nowhere", "no folder"], 73),
    Fault("watch catch-v1-dqn", ["no terminal", "--record"], 69),
    Fault("watch catch-v1-dqn --terminal", ["no terminal", "--record"], 69),
    Fault("play cach-v1", ["cach-v1", "catch-v1"], 65),
    Fault("play catch-v1 --speed 100", ["--speed", "1 to 60"], 64),
    Fault("play catch-v1", ["no terminal"], 69),
    Fault("list", ["subject"], 64),
    Fault("list policys", ["policys", "policies"], 64),
    Fault("trace --env cach-v1", ["cach-v1", "catch-v1"], 65),
    Fault("trace --env catch-v1 --steps 0", ["from 1 to"], 64),
    Fault("trace --env catch-v1 --actions nowhere.txt", ["nowhere.txt", "cannot be read"], 66),
    Fault("baseline cach-v1", ["cach-v1", "catch-v1"], 65),
    Fault("baseline --episodes 0", ["from 1 to"], 64),
    Fault("trane catch-v1", ["trane"], 64),
    Fault("trian --help", ["no verb", "'train'"], 64),
    Fault("help trian", ["no verb", "'train'"], 64),
    Fault("attack catch-v1-dqn -e 0.1", ["unknown option '-e'"], 64),
    Fault("train catch-v1 --steps -5", ["'-5'", "--steps", "nvironment steps"], 64),
    Fault("baseline catch-v1 --episodes 1 --seed -1", ["'-1'", "--seed"], 64),
    Fault(
      "craft catch-v1-dqn --epsilon 0.1 --attack universal --knowledge scores --episodes 1 --output frames",
      ["grants scores"], 64),
  ]

  @Test(arguments: faults)
  func failsInOneLine(_ fault: Fault) throws {
    // Not in the repository, where people keep folders of these names.
    try withTemporaryFolder { folder in
      let links = ["Environments", "Policies", "README.md", "Tests"]
      for name in links {
        try FileManager.default.createSymbolicLink(
          at: folder.appendingPathComponent(name), withDestinationURL: repository.appendingPathComponent(name)
        )
      }
      let run = try Tool.run(fault.arguments, in: folder)
      #expect(run.failedInOneLine, "\(run.status) \(run.output) \(run.errors)")
      for word in fault.words { #expect(run.errors.contains(word), "\(run.errors)") }
      #expect(run.status == fault.status)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == links)
    }
  }

  /// No name is not the name of the working folder.
  @Test(arguments: [
    ["watch", "catch-v1-dqn", "--record", ""], ["train", "--resume", ""],
    ["train", "catch-v1", "--recipe", ""],
    ["train", "catch-v1", "--output", ""],
  ])
  func anEmptyNameIsRefused(_ arguments: [String]) throws {
    let run = try Tool.run(arguments)
    #expect(run.failedInOneLine && run.status == 64 && run.errors.contains("name"), "\(run.errors)")
  }

  /// A return that was played shows that a certificate would be false.
  @Test func aLowestReturnAboveWhatWasPlayedIsRefused() throws {
    let run = try Tool.run(["certify", "catch-v1-dqn", "--episodes", "1", "--lowest-return", "5"])
    #expect(run.status == 64 && run.output.isEmpty)
    #expect(
      run.errors.hasSuffix("hoodwink: --lowest-return: an episode had 1.0, which is below 5.0\n"),
      "\(run.errors)")
  }

  @Test func spoiledPolicyFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run")
      #expect(try Tool.run(["train", "catch-v1", "--steps", "1100", "--output", run.path]).status == 0)
      let whole = try Data(contentsOf: run.appendingPathComponent("last.safetensors"))
      let spoiled = folder.appendingPathComponent("spoiled.safetensors")
      for (name, data) in [
        ("empty", Data()), ("cut", whole.prefix(whole.count / 2)), ("longer", whole + [0]),
        ("foreign", Data("PK\u{3}\u{4} pickled".utf8)),
      ] {
        try data.write(to: spoiled)
        let refused = try Tool.run(["attack", spoiled.path, "--epsilon", "0.1"])
        #expect(refused.failedInOneLine, "\(name): \(refused.errors)")
        #expect(refused.status == 65)
        #expect(refused.errors.contains("spoiled.safetensors"), "\(name): \(refused.errors)")
      }
      // A run is not overwritten.
      let again = try Tool.run(["train", "catch-v1", "--steps", "1100", "--output", run.path])
      #expect(again.failedInOneLine)
      #expect(again.status == 73)
      #expect(try Data(contentsOf: run.appendingPathComponent("last.safetensors")) == whole)
    }
  }

  @Test func aDefinitionWithATypoNamesFileAndLine() throws {
    try withTemporaryFolder { folder in
      for name in ["Environments", "Policies"] {
        try FileManager.default.createDirectory(
          at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
      }
      let good = try String(
        contentsOf: repository.appendingPathComponent("Environments/catch-v1.yaml"), encoding: .utf8)
      try good.replacing("time-limit:", with: "time-limt:").write(
        to: folder.appendingPathComponent("Environments/catch-v1.yaml"), atomically: true, encoding: .utf8)
      try FileManager.default.copyItem(
        at: repository.appendingPathComponent("Environments/lava-bridge-v1.yaml"),
        to: folder.appendingPathComponent("Environments/lava-bridge-v1.yaml"))
      let run = try Tool.run(["trace", "--env", "catch-v1"], in: folder)
      #expect(run.failedInOneLine, "\(run.errors)")
      // It hides nothing else.
      let list = try Tool.run(["list", "environments"], in: folder)
      #expect(list.status == 0 && list.output.contains("lava-bridge-v1"), "\(list.output)")
      for errors in [run.errors, list.errors] {
        for word in ["catch-v1.yaml:", "time-limt", "time-limit"] { #expect(errors.contains(word)) }
      }
    }
  }

  /// A path below a file cannot be made into a folder, by nobody.
  @Test func aFolderThatCannotBeWrittenIsSaid() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      let run = try Tool.run(
        ["train", "catch-v1", "--steps", "2000", "--output", file.appendingPathComponent("run").path])
      #expect(run.failedInOneLine, "\(run.errors)")
      #expect(run.status == 73)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }
  }
}

import Foundation
import TestSupport
import Testing

/// Recipes that people write, and those that runs write down.
@Suite struct RecipeTests {
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
    try withTemporaryFolder { folder in
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
    try withTemporaryFolder { folder in
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
      #expect(try Tool.results(of: first) == Tool.results(of: second))
      #expect(
        try Data(contentsOf: recipe) == Data(contentsOf: second.appendingPathComponent("recipe.yaml")))
      let other = try train(["--recipe", recipe.path, "--seed", "10", "--no-layer-norm"], "other")
      let text = try String(contentsOf: other.appendingPathComponent("recipe.yaml"), encoding: .utf8)
      for line in ["seed: 10\n", "layer-norm: false\n", "hidden: 16,8\n", "clip-value: true\n"] {
        #expect(text.contains(line), "\(text)")
      }
    }
  }
}

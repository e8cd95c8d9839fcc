import Environments
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors
import TestSupport
import Testing

@Suite struct PolicyFileTests {
  private func example() throws -> PolicyFile {
    var random = RandomStream(seed: 9)
    let network = try Network(
      .init(
        input: [4, 4, 2],
        layers: [
          .convolution(filters: 3, kernel: 2, padding: .same, activation: .leakyReLU(slope: 0.25)), .flatten,
          .dense(outputs: 3, activation: .identity),
        ]), initializer: .kaiming, using: &random)
    return PolicyFile(
      policy: NetworkPolicy(network),
      description: .init(
        environment: "somewhere-v1", environmentHash: "00ff",
        frame: BoxSpace(height: 4, width: 4, channels: 1),
        frames: 2, actions: ["left", "stay", "right"], agent: .dqn, defense: nil, seed: .max, steps: 123,
        configuration: ["lanes": "16"]))
  }

  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let original = try example()
      let url = folder.appendingPathComponent("policy.safetensors")
      try original.write(to: url)
      let read = try PolicyFile(contentsOf: url)
      #expect(read.policy == original.policy)
      #expect(read.description == original.description)
      let again = folder.appendingPathComponent("again.safetensors")
      try read.write(to: again)
      #expect(try Data(contentsOf: url) == Data(contentsOf: again))
    }
  }

  /// Networks of every kind of layer, and a word that their metadata must contain.
  static let networks: [(String, NetworkChoice, [Layer])] = [
    ("convolution", .init(.minatarCNN), []), ("tanh", .init(.mlp, activation: .tanh), []),
    ("sigmoid", .init(.conv, activation: .sigmoid), []),
    ("maxout", .init(.minatarCNN, activation: .maxout), []),
    ("layerNorm", .init(.natureCNN, hidden: [16], layerNorm: true), []), ("lstm", .init(.mlp, lstm: 8), []),
    ("dueling", .init(.mlp), [.dueling(outputs: 3)]),
  ]

  @Test(arguments: networks.indices)
  func everyNetworkIsDescribedAndReadAgain(_ index: Int) throws {
    let (word, choice, head) = Self.networks[index]
    try withTemporaryFolder { folder in
      var random = RandomStream(seed: 10)
      let features = try choice.features(of: [42, 42, 2])
      let network = try Network(
        .init(
          input: features.input,
          layers: features.layers + (head.isEmpty ? [.dense(outputs: 3, activation: .identity)] : head)),
        initializer: .kaiming, using: &random)
      var file = try example()
      file.description.frame = BoxSpace(height: 42, width: 42, channels: 1)
      file.policy = NetworkPolicy(network)
      let url = folder.appendingPathComponent("policy.safetensors")
      try file.write(to: url)
      #expect(try Safetensors(contentsOf: url).metadata["hoodwink.network"]?.contains(word) == true)
      let read = try PolicyFile(contentsOf: url).policy
      #expect(read == file.policy)
      let observations = Tensor(repeating: 0.5, shape: [2, 42, 42, 2])
      #expect(read.scores(for: observations) == file.policy.scores(for: observations))
      // Loading is strict for them, too.
      var spoiled = try Safetensors(contentsOf: url)
      spoiled.entries.removeLast()
      try spoiled.write(to: url)
      #expect(throws: PolicyError.self) { try PolicyFile(contentsOf: url) }
    }
  }

  /// Each way of spoiling a file, and a word that its error must contain.
  @Test func spoiledFilesAreRefusedWithTheirFault() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("policy.safetensors")
      func refusal(_ spoil: (inout Safetensors) -> Void) throws -> String {
        try example().write(to: url)
        var file = try Safetensors(contentsOf: url)
        spoil(&file)
        try file.write(to: url)
        do {
          _ = try PolicyFile(contentsOf: url)
          return "accepted"
        } catch { return "\(error)" }
      }
      let faults: [(words: String, spoil: (inout Safetensors) -> Void)] = [
        ("accepted", { _ in }),
        ("not a Hoodwink policy", { $0.metadata = [:] }),
        ("format 99", { $0.metadata["hoodwink.format"] = "99" }),
        ("hoodwink.network", { $0.metadata["hoodwink.network"] = "{}" }),
        ("missing", { $0.entries.removeLast() }),
        ("stranger", { $0.entries[0].name = "stranger" }),
        ("shape", { $0.entries[0].shape = [1, 3] }),
        ("finite", { $0.entries[0].elements[0] = .nan }),
        (
          "does not fit",
          { $0.metadata["hoodwink.description"]?.replace("\"frames\":2", with: "\"frames\":3") }
        ),
        (
          "frames in an observation",
          {
            $0.metadata["hoodwink.description"]?.replace(
              "\"frames\":2", with: "\"frames\":4611686018427387904")
          }
        ),
        (
          "none of dqn, ppo, reinforce",
          { $0.metadata["hoodwink.description"]?.replace("\"agent\":\"dqn\"", with: "\"agent\":\"wizard\"") }
        ),
        (
          "steps of training",
          { $0.metadata["hoodwink.description"]?.replace("\"steps\":", with: "\"steps\":-") }
        ),
        (
          "hoodwink.description",
          { $0.metadata["hoodwink.description"]?.replace("\"channels\":", with: "\"channels\":-") }
        ),
      ]
      for (words, spoil) in faults {
        let message = try refusal(spoil)
        #expect(message.contains(words), "\(message)")
      }
    }
  }

  /// A critic that remembers has to remember what the network does.
  @Test(arguments: [(Int?.none, true), (3, true), (2, false)])
  func criticsShareTheMemory(_ units: Int?, _ isRead: Bool) throws {
    var random = RandomStream(seed: 9)
    func recurrent(_ units: Int?, outputs: Int) throws -> Network {
      let memory = units.map { [Layer.lstm(units: $0)] } ?? []
      return try Network(
        .init(
          input: [4, 4, 2], layers: [.flatten] + memory + [.dense(outputs: outputs, activation: .identity)]),
        initializer: .kaiming, using: &random)
    }
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("policy.safetensors")
      var file = try example()
      file.policy = NetworkPolicy(try recurrent(3, outputs: 3))
      file.critic = try recurrent(units, outputs: 1)
      try file.write(to: url)
      if isRead {
        _ = try PolicyFile(contentsOf: url)
      } else {
        let error = #expect(throws: PolicyError.self) { try PolicyFile(contentsOf: url) }
        #expect(error?.description.contains("critic's memory") == true)
      }
    }
  }

  /// The one of several that has no memory is named.
  @Test func whatForgetsIsNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("policy.safetensors")
      var (file, random) = (try example(), RandomStream(seed: 9))
      file.policy = NetworkPolicy(
        try Network(
          .init(
            input: [4, 4, 2], layers: [.flatten, .lstm(units: 3), .dense(outputs: 3, activation: .identity)]),
          initializer: .kaiming, using: &random))
      file.critic = nil
      file.description.inference = [.rounding(levels: 4), .smoothing(sigma: 0.1, samples: 3)]
      try file.write(to: url)
      let error = #expect(throws: PolicyError.self) { try PolicyFile(contentsOf: url) }
      #expect(error?.description.contains("smoothing has no memory") == true)
    }
  }

  @Test func isFoundByFileRunFolderPolicyFolderAndName() throws {
    try withTemporaryFolder { folder in
      let policies = folder.appendingPathComponent("Policies")
      let named = policies.appendingPathComponent("brave")
      let run = folder.appendingPathComponent("run")
      for place in [named, run] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      try example().write(to: named.appendingPathComponent("policy.safetensors"))
      try example().write(to: run.appendingPathComponent("last.safetensors"))
      func locate(_ name: String) throws -> String {
        try PolicyFile.locate(name, policies: policies).lastPathComponent
      }
      #expect(try locate("brave") == "policy.safetensors")
      #expect(try locate(named.path) == "policy.safetensors")
      #expect(try locate(run.path) == "last.safetensors")
      #expect(try locate(run.appendingPathComponent("last.safetensors").path) == "last.safetensors")
      let error = #expect(throws: PolicyError.self) { try PolicyFile.locate("brafe", policies: policies) }
      #expect(error?.description.contains("brave") == true)
      #expect(throws: PolicyError.self) { try PolicyFile.locate(folder.path, policies: policies) }
    }
  }

  /// Votes are no distribution to draw from, whatever stands before them.
  @Test func votesAreNotDrawnFrom() throws {
    for (inference, draws) in [
      ([InferenceDefense.rounding(levels: 4)], true), ([.smoothing(sigma: 0.1, samples: 4)], false),
      ([.rounding(levels: 4), .smoothing(sigma: 0.1, samples: 4)], false),
    ] {
      var file = try example()
      file.description.agent = .ppo
      file.description.inference = inference
      #expect(((try? file.samplingVictim()) != nil) == draws, "\(inference)")
    }
  }

  /// With logits (log 1, log 2, log 5) the actions come up in the ratio 1:2:5.
  @Test func samplingFollowsTheSoftmax() throws {
    struct Fixed: DifferentiablePolicy {
      func scores(
        for observations: Tensor, memory: inout Memory, using random: inout [RandomStream]
      ) -> Tensor {
        Tensor([0, log(2), log(5)]).broadcast(to: [observations.shape[0], 3])
      }
    }
    var memory = Memory()
    var random = (0..<8000).map { RandomStream(seed: UInt64($0), stream: .policy) }
    let actions = SampledPolicy(Fixed()).act(
      on: .zeros([8000, 1, 1, 1]), memory: &memory, using: &random)
    for (action, share) in [0.125, 0.25, 0.625].enumerated() {
      let found = Double(actions.count { $0 == action }) / 8000
      // Four standard errors.
      #expect(abs(found - share) < 4 * (share * (1 - share) / 8000).squareRoot())
    }
  }
}

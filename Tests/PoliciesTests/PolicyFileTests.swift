import Environments
import Foundation
import Networks
import Policies
import RandomStreams
import Tensors
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
        frames: 2, actions: ["left", "stay", "right"], agent: "dqn", defense: nil, seed: .max, steps: 123,
        configuration: ["lanes": "16"]))
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func whatIsWrittenIsRead() throws {
    try withFolder { folder in
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

  /// Each way of spoiling a file, and a word that its error must contain.
  @Test func spoiledFilesAreRefusedWithTheirFault() throws {
    try withFolder { folder in
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
      #expect(try refusal { _ in } == "accepted")
      #expect(try refusal { $0.metadata = [:] }.contains("not a Hoodwink policy"))
      #expect(try refusal { $0.metadata["hoodwink.format"] = "99" }.contains("format 99"))
      #expect(try refusal { $0.metadata["hoodwink.network"] = "{}" }.contains("hoodwink.network"))
      #expect(try refusal { $0.entries.removeLast() }.contains("missing"))
      #expect(try refusal { $0.entries[0].name = "stranger" }.contains("stranger"))
      #expect(try refusal { $0.entries[1].shape = [1, 3] }.contains("shape"))
      #expect(try refusal { $0.entries[0].elements[0] = .nan }.contains("finite"))
      #expect(
        try refusal {
          $0.metadata["hoodwink.description"]?.replace("\"frames\":2", with: "\"frames\":3")
        }.contains("does not fit"))
    }
  }

  @Test func isFoundByFileRunFolderPolicyFolderAndName() throws {
    try withFolder { folder in
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

import Environments
import Foundation
import Networks
import Tensors

extension PolicyFile {
  /// Reads a policy.
  /// - Throws: `SafetensorsError` for a file that is not safetensors, ``PolicyError`` for one that is not a policy of
  ///   ours or does not fit its own description.
  public init(contentsOf url: URL) throws {
    let reader = PolicyReader(url: url, file: try Safetensors(contentsOf: url))
    let description = try reader.description()
    do {
      let (network, critic) = try reader.networks()
      try reader.check(network, critic, fit: description)
      self.init(policy: NetworkPolicy(network), critic: critic, description: description)
    } catch let error as NetworkError { throw reader.error("\(error)") }
  }
}

/// A policy's file while it is read.
private struct PolicyReader {
  let url: URL
  let file: Safetensors

  func error(_ message: String) -> PolicyError { PolicyError("\(url.path): \(message)") }

  private func metadata(_ key: String) throws(PolicyError) -> String {
    guard let value = file.metadata[key] else {
      throw error("not a Hoodwink policy: its metadata has no \"\(key)\"")
    }
    return value
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ key: String) throws(PolicyError) -> Value {
    let text = try metadata(key)
    do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
      switch error {
      case let reason as NetworkError: throw self.error("\(reason)")
      case let reason as PolicyError: throw self.error("\(reason)")
      default: throw self.error("the metadata \"\(key)\" cannot be read")
      }
    }
  }

  /// What the policy says of itself, without what depends on its networks.
  func description() throws(PolicyError) -> PolicyFile.Description {
    let version = try metadata("hoodwink.format")
    guard version == PolicyFile.formatVersion else {
      throw error(
        "policy format \(version); this version of Hoodwink reads format \(PolicyFile.formatVersion)")
    }
    let description = try decode(PolicyFile.Description.self, "hoodwink.description")
    guard description.steps >= 0 else { throw error("\(description.steps) steps of training") }
    return description
  }

  /// The policy's network and its critic's, with all of the file's tensors.
  func networks() throws -> (network: Network, critic: Network?) {
    let actor = try decode(Network.Architecture.self, "hoodwink.network")
    let critic =
      file.metadata["hoodwink.critic"] == nil ? nil : try decode(Network.Architecture.self, "hoodwink.critic")
    let known = Set(
      actor.parameters.map(\.name) + (critic?.parameters.map { PolicyFile.criticPrefix + $0.name } ?? []))
    for entry in file.entries where !known.contains(entry.name) {
      throw error("the tensor \"\(entry.name)\" is not part of its network")
    }
    let entries = Dictionary(file.entries.map { ($0.name, $0) }) { first, _ in first }
    return (
      try network(actor, from: entries, prefix: ""),
      try critic.map { try network($0, from: entries, prefix: PolicyFile.criticPrefix) }
    )
  }

  private func network(
    _ architecture: Network.Architecture, from entries: [String: Safetensors.Entry], prefix: String
  ) throws -> Network {
    var parameters: [Tensor] = []
    for (name, shape) in architecture.parameters {
      let name = prefix + name
      guard let entry = entries[name] else { throw error("the tensor \"\(name)\" is missing") }
      guard entry.shape == shape.dimensions else {
        throw error("the tensor \"\(name)\" has the shape \(entry.shape), not \(shape)")
      }
      guard entry.isFinite else {
        throw error("the tensor \"\(name)\" holds numbers that are not finite")
      }
      parameters.append(Tensor(entry.elements, shape: shape))
    }
    return try Network(architecture, parameters: parameters)
  }

  /// Checks that networks and inference defenses are what the description says.
  func check(_ network: Network, _ critic: Network?, fit description: PolicyFile.Description) throws {
    let frame = description.frame
    guard (1...(1 << 20)).contains(description.frames) else {
      throw error("\(description.frames) frames in an observation")
    }
    let input = [frame.height, frame.width, frame.channels * description.frames]
    guard network.architecture.input == input,
      network.architecture.output == [description.actions.count],
      critic.map({ $0.architecture.input == input }) ?? true,
      critic.map({ $0.architecture.output == [1] }) ?? true
    else { throw error("the network does not fit the observations and actions it names") }
    // The critic is handed what the actor remembers.
    let (memory, wanted) = (network.initialState(rows: 1), critic?.initialState(rows: 1) ?? [])
    guard wanted.isEmpty || wanted.map(\.shape) == memory.map(\.shape) else {
      throw error("the critic's memory is not the network's")
    }
    guard let inference = description.inference else { return }
    guard zip(inference, inference.dropFirst()).allSatisfy({ $1.follows($0) }) else {
      throw error("its inference defenses exclude one another")
    }
    if network.isRecurrent, let other = inference.first(where: \.isVote) {
      throw error("\(other.name) has no memory, and its network needs one")
    }
  }
}

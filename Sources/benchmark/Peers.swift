import ArgumentParser
import Foundation

/// The other frameworks, measured by a process that answers one request a line (see Scripts/peer_server.py).
final class Peers {
  /// The names of the peers that can be measured.
  let names: [String]
  /// The versions of the packages, and why a peer is not measured.
  let remarks: [String]

  private let process = Process()
  private let requests = Pipe()
  private let answers = Pipe()
  private var unread = Data()

  private struct Greeting: Decodable {
    let versions: [String: String]
    let peers: [String]
    let skipped: [String: String]
  }

  private struct Request: Encodable {
    let peer: String
    let `case`: String
    let network: BenchmarkNetwork
    let batch: Int
    let seconds: Double
  }

  private struct Answer: Decodable {
    let samplesPerSecond: Double?
    let error: String?
  }

  /// Starts the process.
  /// - Parameter command: the program's path and its arguments.
  init(command: [String]) throws {
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = requests
    process.standardOutput = answers
    try process.run()
    let greeting = try Self.decode(Greeting.self, from: Self.line(of: answers, &unread))
    names = greeting.peers
    remarks =
      [greeting.versions.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")]
      + greeting.skipped.sorted { $0.key < $1.key }.map { "\($0) is not measured: \($1)" }
  }

  /// What a peer does in a second of measuring for `seconds`; nil where it does not take part, or fails, which is said.
  func samplesPerSecond(
    _ peer: String, _ work: String, _ network: BenchmarkNetwork, batch: Int, seconds: Double
  ) throws -> Double? {
    // Compiling pays off for small networks; the peers' script measures it for the MLP alone.
    if peer == "torch-compile", network != .mlp { return nil }
    let request = Request(peer: peer, case: work, network: network, batch: batch, seconds: seconds)
    try requests.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(request) + Data("\n".utf8))
    let answer = try Self.decode(Answer.self, from: Self.line(of: answers, &unread))
    guard let rate = answer.samplesPerSecond else {
      let why = answer.error ?? "no rate"
      let place = "\(peer), \(work), \(network.rawValue), batch \(batch)"
      FileHandle.standardError.write(Data("\(place): \(why)\n".utf8))
      return nil
    }
    return rate
  }

  /// Ends the process.
  func stop() {
    try? requests.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, from line: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: line)
  }

  private static func line(of pipe: Pipe, _ unread: inout Data) throws -> Data {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = unread[..<end]
        unread = Data(unread[unread.index(after: end)...])
        return Data(line)
      }
      let more = pipe.fileHandleForReading.availableData
      guard !more.isEmpty else { throw ValidationError("the peers' process ended without an answer") }
      unread += more
    }
  }
}

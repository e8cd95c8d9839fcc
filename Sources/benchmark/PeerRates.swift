import ArgumentParser
import Foundation

/// What a command measures of other packages.
enum PeerRates {
  /// A line of the command's.
  private struct Line: Decodable {
    /// Where it is said: of which environment.
    let environment: String?
    let peer: String
    let stepsPerSecond: Double?
    let error: String?
  }

  /// Steps a second by the package's name; none without a command. What a package says instead goes to standard error.
  /// - Parameters:
  ///   - command: a program and its first arguments.
  ///   - subject: what is measured, for people.
  static func measure(by command: [String], _ arguments: [String], of subject: String) throws -> [String:
    Double]
  {
    guard let program = command.first else { return [:] }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = command.dropFirst() + arguments
    process.standardOutput = output
    try process.run()
    let lines = output.fileHandleForReading.readDataToEndOfFile().split(separator: UInt8(ascii: "\n"))
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("\(subject): the peers' command ended with status \(process.terminationStatus)")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var rates: [String: Double] = [:]
    for line in lines {
      let line = try decoder.decode(Line.self, from: Data(line))
      guard line.environment ?? subject == subject else {
        throw ValidationError("\(subject): the peers' command measured \(line.environment ?? "") instead")
      }
      rates[line.peer] = line.stepsPerSecond
      if let error = line.error {
        FileHandle.standardError.write(Data("\(subject): \(line.peer) does not run: \(error)\n".utf8))
      }
    }
    return rates
  }
}

import Foundation

/// What a command measures of other packages.
enum PeerRates {
  /// A line of the command's.
  private struct Line: Decodable {
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
    process.standardError = FileHandle.nullDevice
    try process.run()
    let lines = output.fileHandleForReading.readDataToEndOfFile().split(separator: UInt8(ascii: "\n"))
    process.waitUntilExit()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var rates: [String: Double] = [:]
    for line in lines {
      let line = try decoder.decode(Line.self, from: Data(line))
      rates[line.peer] = line.stepsPerSecond
      if let error = line.error {
        FileHandle.standardError.write(Data("\(subject): \(line.peer) does not run: \(error)\n".utf8))
      }
    }
    return rates
  }
}

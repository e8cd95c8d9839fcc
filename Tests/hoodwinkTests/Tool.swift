import Foundation
import TestSupport

/// The built tool, run as a person runs it.
enum Tool {
  /// What a run left behind.
  struct Run {
    let status: Int32
    let output: String
    let errors: String

    /// Whether the run failed as it should: a status that is not zero and one line on standard error, nothing else.
    var failedInOneLine: Bool {
      status != 0 && output.isEmpty && errors.hasPrefix("hoodwink: ") && errors.hasSuffix("\n")
        && errors.count { $0 == "\n" } == 1
    }
  }

  /// Beside the test bundle, in whichever folder the build was made.
  static let executable =
    Bundle.allBundles
    .map { $0.bundleURL.deletingLastPathComponent().appendingPathComponent("hoodwink") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("hoodwink")

  /// Starts the tool by way of a shell, which redirects its streams as it is told to; returns its status.
  static func status(of arguments: [String], redirected: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exec \"$0\" \"$@\" \(redirected)", executable.path] + arguments
    process.currentDirectoryURL = repository
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// What a training has written into its folder, without what tells of its time.
  static func results(of run: URL) throws -> [Data] {
    try ["last.safetensors", "best.safetensors", "metrics.csv", "events.out.tfevents"].map {
      try Data(contentsOf: run.appendingPathComponent($0))
    }
  }

  /// Starts the tool.
  static func start(_ arguments: [String], in folder: URL) throws -> (Process, Pipe, Pipe) {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, errors)
  }

  /// Runs the tool to its end. What it prints is little enough for a pipe's buffer.
  static func run(_ arguments: [String], in folder: URL = repository) throws -> Run {
    let (process, output, errors) = try start(arguments, in: folder)
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complained = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Run(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: printed, as: UTF8.self), errors: String(decoding: complained, as: UTF8.self))
  }
}

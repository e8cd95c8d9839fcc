import Foundation
import TestSupport
import Testing

/// What terminals, disks and shells do to the tool.
@Suite struct SystemTests {
  /// Progress that nobody can read ends no training: on a full disk, closed, or with its reader gone.
  @Test(arguments: ["> /dev/null 2> /dev/full", "> /dev/null 2>&-", "2>&1 > /dev/null | true"])
  func progressThatCannotBeWrittenEndsNothing(_ redirected: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      let command = ["train", "catch-v1", "--steps", "3000", "--hidden", "8", "--output", url.path]
      #expect(try Tool.status(of: command, redirected: redirected) == 0)
      // With a pipe, the status is that of its reader.
      let log = try String(contentsOf: url.appendingPathComponent("log.txt"), encoding: .utf8)
      #expect(log.hasSuffix("finished\n"), "\(log)")
      // None of its files got the number of a stream that is closed.
      for name in try FileManager.default.contentsOfDirectory(atPath: url.path) where name != "checkpoints" {
        let bytes = try Data(contentsOf: url.appendingPathComponent(name))
        #expect(bytes.range(of: Data("steps/s".utf8)) == nil, "\(name)")
      }
    }
  }

  /// What nohup shields from the end of a terminal goes on.
  @Test func aShieldedTrainingGoesOn() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      let script = """
        nohup "$1" train catch-v1 --steps 20000 --hidden 8 --output "$2" > "$2.txt" 2>&1 &
        until [ -s "$2/metrics.csv" ] || ! kill -0 $!; do :; done
        kill -HUP $!
        wait $!
        """
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", script, "bash", Tool.executable.path, url.path]
      process.currentDirectoryURL = repository
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }

  /// A file that may not grow is an error that is told, and leaves nothing half-written.
  @Test func aLimitOnFilesIsAnError() throws {
    try withTemporaryFolder { folder in
      let errors = folder.appendingPathComponent("errors")
      let output = folder.appendingPathComponent("crafted")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", "ulimit -f 20; exec env --default-signal=XFSZ \"$0\" \"$@\"", Tool.executable.path,
        "craft", "catch-v1-dqn", "--epsilon", "0.1", "--episodes", "50", "--output", output.path,
      ]
      process.currentDirectoryURL = repository
      try Data().write(to: errors)
      process.standardError = try FileHandle(forWritingTo: errors)
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 73)
      #expect(try String(contentsOf: errors, encoding: .utf8).hasSuffix("crafted: File too large\n"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["errors"])
    }
  }

  /// Results that nobody gets are an error.
  @Test(arguments: [["list", "environments"], ["trace", "--env", "catch-v1", "--observations"]])
  func resultsThatCannotBeWrittenAreAnError(_ command: [String]) throws {
    for stream in ["> /dev/full", ">&-"] {
      #expect(try Tool.status(of: command, redirected: "\(stream) 2> /dev/null") == 74, "\(stream)")
    }
  }

  /// A limit on the size of files stands for a full disk.
  @Test func aFullDiskIsOneErrorAndTheCheckpointStays() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run")
      let process = Process()
      let errors = Pipe()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      // In units of 1,024 bytes: enough for the policy and the first checkpoint, not for one with a replay.
      process.arguments = [
        "-c",
        "ulimit -f 200; exec env --default-signal=XFSZ \"$0\" train catch-v1 --steps 60000 --hidden 8 --lanes 8 "
          + "--checkpoint-every 500 --output \"$1\"",
        Tool.executable.path, url.path,
      ]
      process.currentDirectoryURL = repository
      process.standardError = errors
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let complained = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 73)
      let last = complained.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("hoodwink: cannot write") && last.contains("checkpoints"), "\(complained)")
      // What was saved before goes on, and nothing half written is left.
      let names = try FileManager.default.contentsOfDirectory(
        atPath: url.appendingPathComponent("checkpoints").path)
      #expect(!names.isEmpty && names.allSatisfy { $0.hasPrefix("step-") })
      let steps = try #require(names.sorted().last?.dropFirst(5)).drop { $0 == "0" }
      let resumed = try Tool.run(["train", "--resume", url.path])
      #expect(resumed.status == 0, "\(resumed.errors)")
      let log = try String(contentsOf: url.appendingPathComponent("log.txt"), encoding: .utf8)
      #expect(log.contains("resumed at step \(steps)"), "\(log)")
    }
  }
}

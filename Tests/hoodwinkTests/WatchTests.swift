import Foundation
import TestSupport
import Testing

/// Recordings from the command line, on a machine without a display.
@Suite struct WatchTests {
  private static let hasVideo = ["ffmpeg", "ffprobe"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
  }

  private static let watch = ["watch", "catch-v1-dqn", "--epsilon", "32/255"]

  /// A program's output.
  private func output(of program: String, _ arguments: [String], status: Int32? = 0) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = repository
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if let status { #expect(process.terminationStatus == status, "\(text)") }
    return text
  }

  /// How many frames of the composition's size another program reads from a file, or from those of a pattern.
  private func frames(in file: URL) throws -> Int? {
    let text = try output(
      of: "/usr/bin/ffprobe",
      [
        "-v", "quiet", "-count_frames", "-select_streams", "v", "-show_entries",
        "stream=width,height,nb_read_frames", "-of", "csv=p=0", file.path,
      ], status: nil)
    let fields = text.split { $0 == "," || $0.isWhitespace }
    #expect(fields.prefix(2) == ["960", "540"], "\(text)")
    return fields.last.flatMap { Int($0) }
  }

  @Test func theSummaryCountsWhatWasPlayed() throws {
    try withTemporaryFolder { folder in
      let frames = folder.appendingPathComponent("frames")
      let run = try Tool.run(
        Self.watch + ["--beside", "clean", "--episodes", "2", "--record", frames.path, "--json"])
      #expect(run.status == 0, "\(run.errors)")
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(summary["frames"] as? Int == 18)
      let runs = try #require(summary["runs"] as? [[String: Any]])
      #expect(runs.count == 2)
      // The same two episodes, counted by the evaluation.
      let evaluated = try Tool.run([
        "evaluate", "catch-v1-dqn", "--attacks", "fgsm", "--epsilons", "32/255", "--episodes", "2", "--json",
      ])
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
      let cells = try #require(report["cells"] as? [[String: Any]])
      for (attack, run) in [("fgsm", runs[0]), (nil, runs[1])] as [(String?, [String: Any])] {
        let cell = try #require(cells.first { $0["attack"] as? String == attack })
        #expect(run["returns"] as? [Double] == cell["returns"] as? [Double])
        #expect(run["attackedFrames"] as? Int == cell["attackedFrames"] as? Int)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: frames.path).count == 18)
      // The same command gives the same pictures.
      let again = folder.appendingPathComponent("again")
      _ = try Tool.run(Self.watch + ["--beside", "clean", "--episodes", "2", "--record", again.path])
      for name in try FileManager.default.contentsOfDirectory(atPath: frames.path) {
        #expect(
          try Data(contentsOf: frames.appendingPathComponent(name))
            == Data(contentsOf: again.appendingPathComponent(name)))
      }
    }
  }

  @Test func stepsAreCounted() throws {
    try withTemporaryFolder { folder in
      let frames = folder.appendingPathComponent("frames").path
      let run = try Tool.run(Self.watch + ["--limit", "4", "--record", frames])
      #expect(run.status == 0)
      #expect(run.output.hasPrefix("4 frames in \(frames)\n"))
      #expect(run.output.contains("return not known yet"))
    }
  }

  /// Runs are often named alike, in folders of different experiments.
  @Test func policiesOfOneNameAreToldApart() throws {
    try withTemporaryFolder { folder in
      let names = ["plain/seed-0", "hardened/seed-0"].map { folder.appendingPathComponent($0).path }
      for (name, policy) in zip(names, ["catch-v1-dqn", "catch-v1-dqn-adversarial"]) {
        try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          at: repository.appendingPathComponent("Policies/\(policy)/policy.safetensors"),
          to: URL(fileURLWithPath: name + "/policy.safetensors"))
      }
      let frames = folder.appendingPathComponent("frames").path
      let run = try Tool.run(
        ["watch", names[0], "--beside", names[1], "--limit", "1", "--record", frames, "--json"])
      #expect(run.status == 0, "\(run.errors)")
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let runs = try #require(summary["runs"] as? [[String: Any]])
      #expect(runs.map { $0["policy"] as? String } == names)
    }
  }

  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"), arguments: ["film.mp4", "film.gif", "film"])
  func aRecordingHasTheEpisode(name: String) throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent(name)
      let run = try Tool.run(Self.watch + ["--beside", "catch-v1-dqn-adversarial", "--record", film.path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(try frames(in: name == "film" ? film.appendingPathComponent("frame-%06d.png") : film) == 9)
    }
  }

  /// What `attack` takes, `watch` takes.
  @Test func everyOptionOfAttackIsThere() throws {
    func options(_ verb: String) throws -> Set<String> {
      let help = try Tool.run([verb, "--help"]).output
      return Set(help.split { !$0.isLetter && $0 != "-" }.map(String.init).filter { $0.hasPrefix("--") })
    }
    #expect(try options("attack").subtracting(options("watch")) == [])
    #expect(try options("attack").count > 20)
  }

  #if Window
    /// SDL has drivers that show nothing, and takes one where there is no display, unless it is kept from it.
    @Test(arguments: [[], ["DISPLAY=:987"]]) func withoutADisplayThereIsNoWindow(environment: [String]) throws
    {
      let text = try output(
        of: "/usr/bin/timeout",
        ["60", "/usr/bin/env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", "-u", "SDL_VIDEODRIVER"]
          + environment
          + [Tool.executable.path] + Self.watch, status: 69)
      #expect(
        text.hasSuffix(
          "hoodwink: no window can be opened (there is no display), and there is no terminal here: "
            + "record into a file with --record\n"), "\(text)")
      #expect(text.count { $0 == "\n" } == 1 || !environment.isEmpty, "\(text)")
    }
  #else
    /// The tool that these tests are built with has no window: it neither links nor mentions SDL.
    @Test func withoutTheWindowThereIsNoSDL() throws {
      let path = Tool.executable.path
      #expect(try output(of: "/bin/grep", ["--count", "--text", "SDL_", path], status: 1) == "0\n")
      #expect(try !output(of: "/usr/bin/ldd", [path]).contains("SDL"))
    }

    /// In a terminal it says how to get the window and goes on there.
    @Test func withoutTheWindowItGoesOnInTheTerminal() throws {
      let line = "hoodwink: this build has no window (Scripts/watch makes one that has)"
      let shown = try output(
        of: "/bin/bash",
        [
          "-c", "printf q | script --quiet --return --command \"$1 watch catch-v1-dqn\" /dev/null", "bash",
          Tool.executable.path,
        ])
      #expect(shown.contains("\(line); going on in the terminal"))
      #expect(shown.contains("\u{1B}[?1049h") && shown.contains("\u{1B}[?1049l"))
      let refused = try Tool.run(["watch", "catch-v1-dqn"])
      #expect(refused.status == 69 && refused.failedInOneLine)
      #expect(refused.errors == "\(line), and there is no terminal here: record into a file with --record\n")
    }
  #endif

  @Test func withoutFfmpegOneLineSaysWhatToInstall() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film.mp4").path
      let text = try output(
        of: "/usr/bin/env",
        ["PATH=\(folder.path)", Tool.executable.path] + Self.watch + ["--record", film], status: 73)
      #expect(text.hasPrefix("hoodwink: \(film): videos need ffmpeg"))
      #expect(text.contains("apt-get install ffmpeg") && text.count { $0 == "\n" } == 1)
      #expect(!FileManager.default.fileExists(atPath: film))
    }
  }

  /// SIGINT to all of the group, as Ctrl-C in a terminal sends it, in the middle of a long film.
  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"))
  func anInterruptedVideoCanBePlayed() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film.mp4")
      // The shell makes a group of its own for the job and interrupts it when the film has begun.
      let script = """
        set -m
        "$1" watch catch-v1-dqn --record "$2" --episodes 1000000 > "$2.txt" 2>&1 &
        until [ -s "$2" ]; do :; done
        kill -INT -- -$!
        wait $!
        """
      _ = try output(of: "/bin/bash", ["-c", script, "bash", Tool.executable.path, film.path], status: 130)
      let text = try String(contentsOfFile: film.path + ".txt", encoding: .utf8)
      #expect(text.contains("hoodwink: interrupted"), "\(text)")
      let line = try #require(text.split(separator: "\n").first { $0.contains(" frames in ") })
      let said = try #require(Int(line.prefix { $0.isNumber }))
      #expect(try frames(in: film) == said)
    }
  }

  /// SIGTERM ends a recording as Ctrl-C does, with its own status.
  @Test func aFolderOfATerminatedRecordingHasWholeFrames() throws {
    try withTemporaryFolder { folder in
      let frames = folder.appendingPathComponent("frames")
      let script = """
        "$1" watch catch-v1-dqn --record "$2" --episodes 1000000 > "$2.txt" 2>&1 &
        until [ -e "$2/frame-000003.png" ]; do :; done
        kill -TERM $!
        wait $!
        """
      _ = try output(of: "/bin/bash", ["-c", script, "bash", Tool.executable.path, frames.path], status: 143)
      let text = try String(contentsOfFile: frames.path + ".txt", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.contains(" frames in ") })
      let pictures = try FileManager.default.contentsOfDirectory(atPath: frames.path)
      #expect(pictures.count == Int(line.prefix { $0.isNumber }))
      #expect(pictures.allSatisfy { $0.hasSuffix(".png") && !$0.hasPrefix(".") })
    }
  }

  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"))
  func aVideoWhoseEncoderIsKilledCanBePlayed() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film.mp4")
      let script = """
        "$1" watch catch-v1-dqn --record "$2" --episodes 1000000 > "$2.txt" 2>&1 &
        until [ "$(stat --format %s "$2" 2> /dev/null || echo 0)" -gt 20000 ]; do :; done
        pkill -KILL -P $! ffmpeg
        wait $!
        """
      _ = try output(of: "/bin/bash", ["-c", script, "bash", Tool.executable.path, film.path], status: 73)
      let text = try String(contentsOfFile: film.path + ".txt", encoding: .utf8)
      #expect(text.hasSuffix("hoodwink: cannot write \(film.path): ffmpeg ended early\n"), "\(text)")
      #expect(try frames(in: film) ?? 0 > 0)
    }
  }

  /// A file that may not grow stands for a disk that is full: the error is said, and the film can be played up to there.
  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"), arguments: ["mp4", "gif"])
  func aVideoOnAFullDiskCanBePlayed(ending: String) throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film.\(ending)")
      let script = """
        ulimit -f 200
        exec "$1" watch catch-v1-dqn --epsilon 32/255 --record "$2" --episodes 1000
        """
      let text = try output(
        of: "/bin/bash", ["-c", script, "bash", Tool.executable.path, film.path], status: 73)
      #expect(
        text.hasPrefix("hoodwink: cannot write \(film.path): ") && text.count { $0 == "\n" } == 1, "\(text)")
      #expect(try frames(in: film) ?? 0 > 9)
    }
  }

  /// What ffmpeg cannot write at the very end is an error, too.
  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"), arguments: ["mp4", "gif"])
  func aShortVideoOnAFullDiskIsNoVideo(ending: String) throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film.\(ending)")
      let script = """
        ulimit -f 8
        exec "$1" watch catch-v1-dqn --record "$2" --episodes 3
        """
      let text = try output(
        of: "/bin/bash", ["-c", script, "bash", Tool.executable.path, film.path], status: 73)
      #expect(text.contains("hoodwink: cannot write \(film.path): "), "\(text)")
    }
  }

  @Test func aFolderOnAFullDiskKeepsWholeFrames() throws {
    try withTemporaryFolder { folder in
      let frames = folder.appendingPathComponent("frames")
      let script = """
        ulimit -f 1
        exec "$1" watch catch-v1-dqn --record "$2"
        """
      let text = try output(
        of: "/bin/bash", ["-c", script, "bash", Tool.executable.path, frames.path], status: 73)
      #expect(text.hasPrefix("hoodwink: cannot write ") && text.count { $0 == "\n" } == 1, "\(text)")
      #expect(text.hasSuffix("frame-000001.png: File too large\n"), "\(text)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: frames.path) == [])
    }
  }
}

import Display
import Foundation
import Networks
import TestSupport
import Testing

@Suite struct RecordingTests {
  private func record(_ canvases: [Canvas], to url: URL, framesPerSecond: Double = 8) throws {
    var recording = try Recording(to: url, framesPerSecond: framesPerSecond)
    for canvas in canvases { try recording.record(canvas) }
    #expect(recording.frameCount == canvases.count)
    try recording.finish()
  }

  private func refusal(to url: URL) throws -> String {
    try #require(throws: DisplayError.self) { _ = try Recording(to: url, framesPerSecond: 8) }.description
  }

  @Test func framesAreNumberedFromOne() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("films/first")
      let canvases = (1...3).map { pattern(width: $0, height: 2) }
      try record(canvases, to: film)
      #expect(try names(in: film) == ["frame-000001.png", "frame-000002.png", "frame-000003.png"])
      let alone = folder.appendingPathComponent("alone.png")
      try PNG.write(canvases[2], to: alone)
      let last = film.appendingPathComponent("frame-000003.png")
      #expect(try Data(contentsOf: last) == Data(contentsOf: alone))
    }
  }

  @Test func anEmptyFolderIsTaken() throws {
    try withTemporaryFolder { folder in
      try record([Canvas(width: 1, height: 1)], to: folder)
      #expect(try names(in: folder) == ["frame-000001.png"])
    }
  }

  @Test(arguments: ["frame-000001.png", "notes.txt", ".hidden"])
  func aFolderWithSomethingInItIsRefused(name: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data("kept".utf8).write(to: file)
      #expect(
        try refusal(to: folder)
          == "\(folder.path): is not empty: a recording wants a folder of its own")
      #expect(try Data(contentsOf: file) == Data("kept".utf8))
    }
  }

  @Test func aFileIsNoFolder() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      for place in [file, file.appendingPathComponent("below")] {
        #expect(try refusal(to: place).hasPrefix("\(place.path): "))
      }
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func aFrameThatCannotBeWrittenIsNotCounted() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film")
      var recording = try Recording(to: film, framesPerSecond: 8)
      try FileManager.default.removeItem(at: film)
      // What cannot be copied cannot be captured by the closure of `#expect(throws:)`.
      var error: AtomicFile.Failure?
      do {
        try recording.record(Canvas(width: 1, height: 1))
      } catch let thrown as AtomicFile.Failure {
        error = thrown
      }
      #expect(error?.description.hasSuffix("frame-000001.png: No such file or directory") == true)
      #expect(recording.frameCount == 0)
    }
  }

  // MARK: Videos

  private static let hasVideo = ["ffmpeg", "ffprobe"].allSatisfy { name in
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)")
  }

  /// What ffprobe says of a file, having decoded all of it.
  private func probe(_ file: URL) throws -> [String: String] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/ffprobe")
    process.arguments = [
      "-v", "quiet", "-count_frames", "-select_streams", "v", "-show_entries",
      "stream=width,height,nb_read_frames,avg_frame_rate", "-of", "default=noprint_wrappers=1", file.path,
    ]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").reduce(into: [:]) { facts, line in
      let parts = line.split(separator: "=")
      facts[String(parts[0])] = String(parts[1])
    }
  }

  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"), arguments: ["film.mp4", "FILM.GIF"])
  func aVideoHasEveryFrame(name: String) throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent(name)
      try record(
        (0..<7).map { number in
          var canvas = Canvas(width: 96, height: 54)
          canvas.fill(Rectangle(x: 10 * number, y: 5, width: 10, height: 40), with: .alarm)
          return canvas
        }, to: film, framesPerSecond: 5)
      let facts = try probe(film)
      #expect(facts["width"] == "96" && facts["height"] == "54")
      #expect(facts["nb_read_frames"] == "7")
      #expect(facts["avg_frame_rate"] == "5/1")
      #expect(try names(in: folder) == [name])
    }
  }

  @Test(.enabled(if: hasVideo, "ffmpeg is not installed"))
  func aVideoIsNotOverwritten() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film.mp4")
      try Data("kept".utf8).write(to: film)
      #expect(try refusal(to: film) == "\(film.path) exists: name another file, or remove it")
      #expect(try Data(contentsOf: film) == Data("kept".utf8))
      let nowhere = folder.appendingPathComponent("none/film.mp4")
      #expect(try refusal(to: nowhere).hasSuffix("there is no folder \(folder.path)/none"))
    }
  }
}

import Foundation

/// A video that ffmpeg writes from the canvases that it gets through a pipe.
final class VideoFile {
  enum Format: String {
    case mp4, gif
  }

  private let url: URL
  private let format: Format
  private let framesPerSecond: Double
  private let executable: URL
  private let process = Process()
  private let input = Pipe()
  /// What ffmpeg complains of: a file, because a pipe that nobody reads fills up.
  private let complaints = FileManager.default.temporaryDirectory
    .appendingPathComponent("hoodwink-ffmpeg-\(UUID().uuidString).log")
  private var size: (width: Int, height: Int)?

  /// - Throws: ``DisplayError`` when the file exists, its folder does not, or ffmpeg is not installed.
  init(_ format: Format, at url: URL, framesPerSecond: Double) throws {
    self.url = url
    self.format = format
    self.framesPerSecond = framesPerSecond
    guard let executable = Self.program("ffmpeg") else {
      throw DisplayError(
        "\(url.path): videos need ffmpeg, which is not installed: install it (apt-get install ffmpeg), or name a "
          + "folder for PNG files")
    }
    self.executable = executable
    guard !FileManager.default.fileExists(atPath: url.path) else {
      throw DisplayError("\(url.path) exists: name another file, or remove it")
    }
    var isFolder: ObjCBool = false
    let folder = url.deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw DisplayError("\(url.path): there is no folder \(folder)")
    }
  }

  deinit { try? FileManager.default.removeItem(at: complaints) }

  /// A program in the search path.
  private static func program(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").lazy
      .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  func write(_ canvas: Canvas) throws {
    if let size {
      precondition(size == (canvas.width, canvas.height), "The frames of a video have one size.")
    } else {
      try start(canvas)
    }
    do {
      try input.fileHandleForWriting.write(contentsOf: Data(canvas.bytes))
    } catch {
      // ffmpeg has gone; it knows why.
      throw failure()
    }
  }

  /// Ends the video. Without a frame there is no file.
  func finish() throws {
    guard size != nil else { return }
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    // Where the last of it cannot be written, on a full disk, ffmpeg complains and ends as if all were well.
    guard process.terminationReason == .exit, process.terminationStatus == 0, complaint.isEmpty else {
      throw failure()
    }
  }

  private func start(_ canvas: Canvas) throws {
    size = (canvas.width, canvas.height)
    // Writing to a program that has ended is an error to be told, not a signal to die of.
    signal(SIGPIPE, SIG_IGN)
    process.executableURL = executable
    process.arguments =
      [
        "-loglevel", "error", "-nostdin", "-f", "rawvideo", "-pixel_format", "rgb24",
        "-video_size", "\(canvas.width)x\(canvas.height)", "-framerate", "\(framesPerSecond)", "-i", "pipe:0",
      ] + encoding + ["file:" + url.path]
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    // Without a place for them ffmpeg's complaints are not told.
    try? Data().write(to: complaints)
    process.standardError = (try? FileHandle(forWritingTo: complaints)) ?? FileHandle.nullDevice
    do { try process.run() } catch {
      throw DisplayError("\(url.path): \(executable.path) cannot be started")
    }
  }

  private var encoding: [String] {
    switch format {
    case .mp4:
      // Fragments can be played up to wherever the file ends; players want colors at half the resolution.
      [
        "-codec:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p",
        "-g", "\(max(1, Int(framesPerSecond)))", "-movflags",
        "+frag_keyframe+empty_moov+default_base_moof",
      ]
    case .gif:
      // A palette for each frame, because one for all would keep all frames in memory until the end.
      [
        "-filter_complex",
        "[0:v]split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none",
      ]
    }
  }

  private var complaint: String {
    String(decoding: (try? Data(contentsOf: complaints)) ?? Data(), as: UTF8.self)
  }

  private func failure() -> DisplayError {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    let reason = complaint.split(separator: "\n").last.map(String.init) ?? "ffmpeg ended early"
    return DisplayError("cannot write \(url.path): \(reason)")
  }
}

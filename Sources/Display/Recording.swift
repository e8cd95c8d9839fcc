import Foundation

/// A film of canvases: PNG files in a folder, or one video file, as its name says.
///
/// It cannot be copied: two recordings in one place would write over each other.
public struct Recording: ~Copyable {
  private enum Medium {
    case folder(PNGFolder)
    case video(VideoFile)
  }

  private var medium: Medium
  /// The number of frames written so far.
  public private(set) var frameCount = 0

  /// A recording into `url`: a file where the name ends with .mp4 or .gif, a folder of PNG files where it has no
  /// extension; others are refused.
  ///
  /// Nothing is overwritten: a file that exists and a folder that is not empty are refused.
  /// - Parameters:
  ///   - framesPerSecond: how fast a video is played.
  /// - Throws: ``DisplayError``, also when a video of another kind is asked for, or ffmpeg is not installed.
  public init(to url: URL, framesPerSecond: Double) throws {
    switch url.pathExtension.lowercased() {
    case "mp4": medium = .video(try VideoFile(.mp4, at: url, framesPerSecond: framesPerSecond))
    case "gif": medium = .video(try VideoFile(.gif, at: url, framesPerSecond: framesPerSecond))
    case "": medium = .folder(try PNGFolder(url))
    case let other:
      throw DisplayError("\(url.relativePath): .\(other) is not written: name an .mp4, a .gif or a folder")
    }
  }

  /// Adds a frame. All frames of a video have the size of the first.
  /// - Throws: ``DisplayError`` or `AtomicFile.Failure` if it cannot be written; what was recorded before can be read.
  public mutating func record(_ canvas: Canvas) throws {
    switch medium {
    case .folder(let folder): try folder.write(canvas, number: frameCount + 1)
    case .video(let file): try file.write(canvas)
    }
    frameCount += 1
  }

  /// Ends the film; to be called also after an error, so that a video can be played up to there.
  /// - Throws: ``DisplayError`` if the end cannot be written.
  public consuming func finish() throws {
    if case .video(let file) = medium { try file.finish() }
  }
}

/// Numbered PNG files, `frame-000001.png` and on, in a folder of their own.
private struct PNGFolder {
  let url: URL

  init(_ url: URL) throws {
    let found: [String]
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      found = try FileManager.default.contentsOfDirectory(atPath: url.path)
    } catch {
      throw DisplayError("\(url.path): is not a folder and cannot become one")
    }
    guard found.isEmpty else {
      throw DisplayError(
        "\(url.path): is not empty: a recording wants a folder of its own")
    }
    self.url = url
  }

  func write(_ canvas: Canvas, number: Int) throws {
    try PNG.write(canvas, to: url.appendingPathComponent(String(format: "frame-%06d.png", number)))
  }
}

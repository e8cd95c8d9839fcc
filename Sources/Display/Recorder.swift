import Foundation

/// Writes canvases as numbered PNG files, `frame-000001.png` and on, into a folder of their own.
///
/// It cannot be copied, because two recorders in one folder would write over each other's frames.
public struct Recorder: ~Copyable {
  /// The folder that holds the frames.
  public let folder: URL
  /// The number of frames written so far.
  public private(set) var frameCount = 0

  /// A recorder into `folder`, which is created with its parents where it does not exist.
  ///
  /// A folder that holds anything, an earlier recording or other files, is refused: frames of two recordings would
  /// become one film, and nothing is overwritten unasked.
  /// - Throws: ``DisplayError`` if the folder cannot be created or read, or is not empty.
  public init(folder: URL) throws {
    let found: [String]
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      found = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw DisplayError("Cannot record into \(folder.path): it is not a folder and cannot become one.")
    }
    guard found.isEmpty else {
      throw DisplayError(
        "Cannot record into \(folder.path): it is not empty. A recording wants a folder of its own.")
    }
    self.folder = folder
  }

  /// Writes the next frame.
  /// - Throws: ``DisplayError`` if it cannot be written; the next call tries the same number again.
  public mutating func record(_ canvas: Canvas) throws {
    let name = String(format: "frame-%06d.png", frameCount + 1)
    try PNG.write(canvas, to: folder.appendingPathComponent(name))
    frameCount += 1
  }
}

import Foundation
import Networks

/// A file to whose end a run writes, and whose length a checkpoint remembers.
final class GrowingFile {
  let url: URL
  private let descriptor: CInt
  /// The bytes written so far.
  private(set) var length = 0

  /// Opens a file, or makes it, and cuts it off behind some bytes; nil for going on behind what there is.
  ///
  /// - Throws: `AtomicFile.Failure` when it cannot be written, ``RunError`` when there should be more in it.
  init(_ url: URL, length: Int?) throws {
    self.url = url
    let isKnown = (length ?? 0) > 0
    descriptor = open(url.path, O_WRONLY | O_CLOEXEC | (isKnown ? 0 : O_CREAT), 0o666)
    guard descriptor >= 0 else {
      if isKnown && errno == ENOENT {
        throw RunError(
          "\(url.relativePath) is missing, of which the checkpoint knows \(length!) bytes: put it back, or train again into another folder",
          .isDamaged)
      }
      throw AtomicFile.Failure(path: url.path, reason: Self.currentReason())
    }
    let end = lseek(descriptor, 0, SEEK_END)
    let length = length ?? Int(end)
    if end < off_t(length) {
      throw RunError(
        "\(url.relativePath) has \(end) bytes, of which the checkpoint knows \(length)", .isDamaged)
    }
    guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
      throw AtomicFile.Failure(path: url.path, reason: Self.currentReason())
    }
    self.length = length
  }

  deinit { close(descriptor) }

  /// Writes bytes to the end; whole, unless this throws.
  func append(_ bytes: some ContiguousBytes) throws(AtomicFile.Failure) {
    if let reason = bytes.withUnsafeBytes({ AtomicFile.reasonWritingFails($0, to: descriptor) }) {
      throw AtomicFile.Failure(path: url.path, reason: reason)
    }
    length += bytes.withUnsafeBytes { $0.count }
  }

  /// Returns when what was written is on the disk.
  func synchronize() throws(AtomicFile.Failure) {
    if fsync(descriptor) != 0 { throw AtomicFile.Failure(path: url.path, reason: Self.currentReason()) }
  }

  private static func currentReason() -> String { String(cString: strerror(errno)) }
}

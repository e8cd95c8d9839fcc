import Foundation

/// Writes files whole or not at all.
///
/// A reader, another process or a run that starts after a crash finds the old content or the new, never a
/// part of either. That is how policies, checkpoints and reports are saved.
public enum AtomicFile {
  /// Why a file could not be written.
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path that was asked for.
    public var path: String
    /// What the system said, such as "Permission denied".
    public var reason: String

    /// A failure to write a path.
    public init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }

    /// One line that names the path and the reason.
    public var description: String { "cannot write \(path): \(reason)" }
  }

  /// How the names of files begin that are not yet whole; a process that is killed leaves them behind.
  public static let temporaryPrefix = ".hoodwink-"

  /// Looks beforehand whether a file could be written, so that nobody waits for a result that cannot be kept.
  /// - Throws: `Failure` where ``write(_:to:)`` is sure to throw one.
  public static func check(_ url: URL) throws(Failure) {
    let destination = Self.destination(of: url)
    if isSpecialFile(destination.path) {
      throw Failure(path: url.path, reason: "it is a device, a pipe or a socket, not a file")
    }
    let folder = destination.deletingLastPathComponent()
    guard access(folder.path, F_OK) == 0 else { throw Failure(path: url.path, reason: currentReason()) }
    guard (try? folder.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true else {
      throw Failure(path: url.path, reason: String(cString: strerror(ENOTDIR)))
    }
    guard access(folder.path, W_OK | X_OK) == 0 else {
      throw Failure(path: url.path, reason: currentReason())
    }
  }

  /// Replaces the content of a file, or creates the file, in one step.
  ///
  /// The bytes go to a new file in the same folder, which takes the old one's place once they are on the disk. A
  /// symbolic link stays and what it points to is replaced. Permissions are those of a new file.
  ///
  /// - Parameters:
  ///   - bytes: The whole content, such as `[UInt8]` or `Data`.
  ///   - url: The file. Its folder must exist.
  /// - Throws: `Failure`, in which case the file is as it was and nothing else is left in its folder.
  public static func write(_ bytes: some ContiguousBytes, to url: URL) throws(Failure) {
    let draft = try Draft(of: url)
    try draft.append(bytes)
    try draft.publish()
  }

  /// A file that is written piece by piece, for what is too large to be held in memory. Its place is taken when it is whole; a
  /// draft that is let go before is removed.
  public final class Draft {
    private let url: URL
    private let destination: URL
    private let temporary: String
    private var descriptor: CInt

    /// An empty draft of a file.
    /// - Parameter url: The file. Its folder must exist.
    /// - Throws: `Failure`.
    public init(of url: URL) throws(Failure) {
      self.url = url
      destination = AtomicFile.destination(of: url)
      // A rename would put an ordinary file in the place of /dev/null.
      if isSpecialFile(destination.path) {
        throw Failure(path: url.path, reason: "it is a device, a pipe or a socket, not a file")
      }
      // Only a file in the same folder is sure to be on the same file system, which renaming needs. The name is
      // not the destination's plus a suffix, which could be too long; it is random because many may write here.
      let unique = String(UInt64.random(in: .min ... .max), radix: 16)
      temporary = destination.deletingLastPathComponent().appending(path: temporaryPrefix + unique).path
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw Failure(path: url.path, reason: currentReason()) }
    }

    deinit {
      guard descriptor >= 0 else { return }
      close(descriptor)
      unlink(temporary)
    }

    /// Writes bytes to the end.
    /// - Throws: `Failure`.
    public func append(_ bytes: some ContiguousBytes) throws(Failure) {
      precondition(descriptor >= 0, "the draft has been published")
      if let reason = bytes.withUnsafeBytes({ reasonWritingFails($0, to: descriptor) }) {
        throw Failure(path: url.path, reason: reason)
      }
    }

    /// Takes the file's place.
    /// - Throws: `Failure`, in which case the file is as it was.
    public func publish() throws(Failure) {
      precondition(descriptor >= 0, "the draft has been published")
      // Without fsync the rename can reach the disk before the bytes do, and a power cut leaves an empty file.
      var reason = fsync(descriptor) != 0 ? currentReason() : nil
      if close(descriptor) != 0, reason == nil { reason = currentReason() }
      descriptor = -1
      if reason == nil, rename(temporary, destination.path) != 0 { reason = currentReason() }
      if let reason {
        unlink(temporary)
        throw Failure(path: url.path, reason: reason)
      }
      // The new name is on the disk when its folder is; systems that cannot promise that say so here, and nothing can be done.
      let folder = open(destination.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
      if folder >= 0 {
        _ = fsync(folder)
        close(folder)
      }
    }
  }

  /// What a chain of symbolic links points to, whether it is there or not.
  private static func destination(of url: URL) -> URL {
    var url = url
    // As many as the system follows.
    for _ in 0..<40 {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else { break }
      url = URL(fileURLWithPath: next, relativeTo: url.deletingLastPathComponent()).absoluteURL
    }
    return url.resolvingSymlinksInPath()
  }

  /// Writes all the bytes, in as many calls as the system takes. Nil when that succeeds.
  package static func reasonWritingFails(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> String? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress
      let count = Foundation.write(descriptor, start, rest.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return currentReason()
      }
    }
    return nil
  }

  private static func isSpecialFile(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }

  /// The text of the last system call's error.
  private static func currentReason() -> String { String(cString: strerror(errno)) }
}

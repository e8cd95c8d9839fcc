import Foundation
import Networks

/// - Throws: `Failure` when there is such a file, `AtomicFile.Failure` when it could not be written.
func checkNewFile(_ path: String) throws {
  guard !path.isEmpty else { throw Failure("the name of a file to write is empty") }
  guard !FileManager.default.fileExists(atPath: path) else {
    throw Failure("\(path) exists: name another file, or remove it", status: EX_CANTCREAT)
  }
  try AtomicFile.check(URL(fileURLWithPath: path))
}

import Foundation

/// Runs a test in an empty folder that is gone afterwards.
public func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder)
}

/// As above, for a test that waits.
public func withTemporaryFolder(_ body: (URL) async throws -> Void) async throws {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  try await body(folder)
}

private func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appending(path: "hoodwink-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

/// The names of what is in a folder, hidden files included.
public func names(in folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

import Environments
import Foundation

/// Where the data is: the folders `Environments` and `Policies` side by side.
struct ProjectFolders {
  let environments: URL
  let policies: URL

  /// The folders below `root`, or below the nearest folder upward from the working one that holds both.
  init(root: String?) throws {
    let manager = FileManager.default
    func isFolder(_ url: URL) -> Bool {
      var isFolder: ObjCBool = false
      return manager.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }
    // A folder of the same name may hold something else, as that of the source code does.
    func holdsEnvironments(_ folder: URL) -> Bool {
      (try? manager.contentsOfDirectory(atPath: folder.path))?.contains { $0.hasSuffix(".yaml") } ?? false
    }
    var candidates: [URL] = []
    if let root {
      candidates = [URL(fileURLWithPath: root)]
    } else {
      var folder = URL(fileURLWithPath: manager.currentDirectoryPath).standardizedFileURL
      candidates.append(folder)
      while folder.path != "/" {
        folder = folder.deletingLastPathComponent()
        candidates.append(folder)
      }
    }
    for candidate in candidates {
      let environments = candidate.appendingPathComponent("Environments")
      let policies = candidate.appendingPathComponent("Policies")
      // A --root without policies of its own is fine: they may be named by path.
      if root == nil ? holdsEnvironments(environments) && isFolder(policies) : isFolder(environments) {
        self.environments = environments
        self.policies = policies
        return
      }
    }
    throw Failure(
      root.map { "\($0): holds no folder Environments" }
        ?? "no folder upward from here holds Environments and Policies: name one with --root",
      status: EX_NOINPUT)
  }

  /// All environments.
  func catalog() throws -> EnvironmentCatalog { try EnvironmentCatalog(folder: environments.path) }
}

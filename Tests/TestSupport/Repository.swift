import Environments
import Foundation

/// The folder of the project, where Environments and Policies lie.
public let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The environments of the project.
public func repositoryCatalog() throws -> EnvironmentCatalog {
  try EnvironmentCatalog(folder: repository.appending(path: "Environments").path)
}

/// Their ids, for the arguments of tests, which cannot throw there: no ids at all make the tests of the catalog fail.
public let repositoryIDs = (try? repositoryCatalog().ids) ?? []

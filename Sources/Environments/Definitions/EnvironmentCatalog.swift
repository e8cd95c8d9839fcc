import Foundation

/// All environments that can be named: the definitions of a folder, each of which is read when it is asked for.
public struct EnvironmentCatalog: Sendable {
  /// The names of the environments, sorted: there is a file `<id>.yaml` for each.
  public let ids: [String]
  private let folder: String

  /// - Throws: ``EnvironmentError`` if the folder cannot be read.
  public init(folder: String) throws(EnvironmentError) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw EnvironmentError("this folder of environments cannot be read", path: folder)
    }
    self.folder = folder
    // Editors keep hidden copies.
    ids = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map {
      String($0.dropLast(".yaml".count))
    }.sorted()
  }

  /// All environments, in the order of their ids.
  ///
  /// - Throws: ``EnvironmentError`` for the first file that is wrong.
  public func definitions() throws(EnvironmentError) -> [EnvironmentDefinition] {
    var definitions: [EnvironmentDefinition] = []
    for id in ids { definitions.append(try definition(for: id)) }
    return definitions
  }

  /// The environment of a name. What other files say does not matter.
  ///
  /// - Throws: ``EnvironmentError`` for a file that is wrong; for a name without one, which says which similar names exist, or all
  ///   if none is similar.
  public func definition(for id: String) throws(EnvironmentError) -> EnvironmentDefinition {
    if ids.contains(id) {
      return try EnvironmentDefinition(path: "\(folder)\(folder.hasSuffix("/") ? "" : "/")\(id).yaml")
    }
    let hint =
      NearestNames(to: id, among: ids).question
      ?? (ids.isEmpty
        ? "there is none in '\(folder)'" : "the environments are " + ids.joined(separator: ", "))
    throw EnvironmentError("unknown environment '\(id)'; \(hint)")
  }
}

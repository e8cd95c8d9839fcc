import Foundation

/// All environments that can be named: the definitions of a folder.
public struct EnvironmentCatalog: Sendable {
  /// The definitions, sorted by their ids.
  public let definitions: [EnvironmentDefinition]
  private let folder: String

  /// Reads every `.yaml` file of a folder.
  ///
  /// - Throws: ``EnvironmentError`` if the folder cannot be read, or for the first file that is wrong.
  public init(folder: String) throws(EnvironmentError) {
    self.folder = folder
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw EnvironmentError("this folder of environments cannot be read", path: folder)
    }
    var definitions: [EnvironmentDefinition] = []
    for name in names.filter({ $0.hasSuffix(".yaml") }).sorted() {
      let separator = folder.hasSuffix("/") ? "" : "/"
      definitions.append(try EnvironmentDefinition(path: folder + separator + name))
    }
    self.definitions = definitions.sorted { $0.id < $1.id }
  }

  /// The names of the environments, sorted.
  public var ids: [String] { definitions.map(\.id) }

  /// The environment of a name.
  ///
  /// - Throws: ``EnvironmentError`` that says which similar names exist, or all if none is similar.
  public func definition(for id: String) throws(EnvironmentError) -> EnvironmentDefinition {
    if let definition = definitions.first(where: { $0.id == id }) { return definition }
    let hint =
      NearestNames(to: id, among: ids).question
      ?? (ids.isEmpty
        ? "there is none in '\(folder)'" : "the environments are " + ids.joined(separator: ", "))
    throw EnvironmentError("unknown environment '\(id)'; \(hint)")
  }
}

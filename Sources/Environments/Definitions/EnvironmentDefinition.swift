import Foundation

/// One environment that can be named: what a file `<id>.yaml` says.
public struct EnvironmentDefinition: Sendable {
  /// The name, which ends with a version: `catch-v1`. A change of behavior is a new id.
  public let id: String
  /// The family of environments that it is one of; see ``kinds``.
  public let kind: String
  /// What a person should know about it.
  public let description: String
  /// Time limit, sticky actions, action repeat and reward clipping.
  public let rules: EpisodeRules
  /// The sensor through which all look at it; nil for a perfect one.
  public let camera: Camera?
  /// A hash of all that matters to an agent, as 16 hexadecimal digits: the id, kind, parameters, rules and camera, but
  /// not the description, comments, order or layout of the file.
  public let contentHash: String

  private let environment: any DefinableEnvironment

  // The one list of what a file can describe.
  private static var environments: [any DefinableEnvironment.Type] {
    [
      Catch.self, Pong.self, GridWorld.self, MinAtar<Breakout>.self, MinAtar<Asterix>.self,
      MinAtar<Freeway>.self,
      MinAtar<Seaquest>.self, MinAtar<SpaceInvaders>.self,
    ]
  }

  /// The families of environments that a file can name.
  public static var kinds: [String] { environments.map { $0.kind } }

  /// Reads a definition from a file, whose name must be the id and `.yaml`.
  ///
  /// - Throws: ``EnvironmentError`` with file and line for whatever is wrong.
  public init(path: String) throws(EnvironmentError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw EnvironmentError("cannot be read", path: path)
    }
    guard let yaml = String(data: data, encoding: .utf8) else {
      throw EnvironmentError("is not text in UTF-8", path: path)
    }
    try self.init(yaml: yaml, path: path)
  }

  /// Reads a definition from the text of a file.
  ///
  /// - Parameters:
  ///   - yaml: the text.
  ///   - path: where the text is from: for the errors, and because the file's name must be the id and `.yaml`.
  /// - Throws: ``EnvironmentError`` with file and line for whatever is wrong.
  public init(yaml: String, path: String) throws(EnvironmentError) {
    let reader = try DefinitionReader(
      yaml: yaml, path: path, keys: ["id", "kind", "description", "time-limit", "parameters"],
      optional: EpisodeRules.optionalKeys + ["camera"])
    id = try reader.string("id")
    if id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*-v[1-9][0-9]*/) == nil {
      throw reader.error("the id '\(id)' must be lowercase words and a version, as in 'catch-v1'", at: "id")
    }
    let name = path.split(separator: "/").last ?? ""
    if name != "\(id).yaml" {
      throw reader.error("the id '\(id)' belongs into a file '\(id).yaml'", at: "id")
    }
    let kind = try reader.string("kind")
    guard let type = Self.environments.first(where: { $0.kind == kind }) else {
      let hint =
        NearestNames(to: kind, among: Self.kinds).question
        ?? "the kinds are " + Self.kinds.joined(separator: ", ")
      throw reader.error("unknown kind '\(kind)'; \(hint)", at: "kind")
    }
    self.kind = kind
    description = try reader.string("description").trimmingCharacters(in: .whitespacesAndNewlines)
    rules = try EpisodeRules(reader)
    camera = reader.has("camera") ? try Camera(reader, key: "camera") : nil
    let parameters = try reader.mapping(
      "parameters", keys: type.parameterKeys, optional: type.optionalParameterKeys)
    // The world counts its own steps, of which each action may take several.
    environment = try type.init(parameters, timeLimit: rules.timeLimit * rules.actionRepeat)
    contentHash = reader.contentHash(without: ["description"])
  }

  /// The shape and the bounds of its observations.
  public var observationSpace: BoxSpace {
    camera?.space(of: environment.observationSpace) ?? environment.observationSpace
  }

  /// The names of the actions, at the index by which they are taken.
  public var actions: [String] { environment.actions }

  /// Lanes of this environment, which all wait for a seed.
  ///
  /// - Precondition: `count` is positive.
  public func makeVector(count: Int) -> any VectorEnvironment {
    func make(_ environment: some Environment) -> any VectorEnvironment {
      EnvironmentVector(id: id, environment, rules: rules, camera: camera, count: count)
    }
    return make(environment)
  }
}

import Environments
import Foundation
import TestSupport
import Testing

@Suite("Definitions")
struct DefinitionTests {
  private static let catchGame = """
    id: catch-v1
    kind: catch
    description: Catch a ball.
    time-limit: 9
    parameters:
      rows: 10
      columns: 10
      pixels-per-cell: 1

    """

  private static let grid = """
    id: grid-v1
    kind: grid
    description: Walk.
    time-limit: 9
    parameters:
      view: planes
      extent: whole
      moves: compass
      lava-reward: -1
      map: |
        S.~
        ..G

    """

  private static let layout = """
    id: grid-v1
    kind: grid
    description: Walk.
    time-limit: 9
    parameters:
      layout: empty
      size: 8
      start: corner
      view: symbolic
      extent: egocentric

    """

  /// A text in a definition, what takes its place, and the error that this gives.
  struct Fault: Sendable, CustomTestStringConvertible {
    let yaml: String
    let error: String

    init(_ yaml: String, _ old: String, _ new: String, _ error: String) {
      precondition(yaml.contains(old))
      self.yaml = yaml.replacingOccurrences(of: old, with: new)
      self.error = error
    }

    var testDescription: String { error }
  }

  @Test(
    "what is wrong is said in one line with its place",
    arguments: [
      Fault(catchGame, "  rows", "  cows", "catch-v1.yaml:6: unknown key 'cows'; did you mean 'rows'?"),
      Fault(
        catchGame, "kind: catch", "size: 3",
        "catch-v1.yaml:2: unknown key 'size'; the keys are id, kind, description, time-limit, parameters, "
          + "sticky-actions, action-repeat, reward-clipping, camera"),
      Fault(catchGame, "  columns: 10\n", "", "catch-v1.yaml:5: missing key 'columns'"),
      Fault(catchGame, "kind: catch\n", "", "catch-v1.yaml:1: missing key 'kind'"),
      Fault(
        catchGame, "kind: catch", "kind: cath",
        "catch-v1.yaml:2: unknown kind 'cath'; did you mean 'catch'?"),
      Fault(
        catchGame, "kind: catch", "kind: maze",
        "catch-v1.yaml:2: unknown kind 'maze'; the kinds are "
          + EnvironmentDefinition.kinds.joined(separator: ", ")),
      Fault(
        catchGame, "id: catch-v1", "id: catch-v2",
        "catch-v1.yaml:1: the id 'catch-v2' belongs into a file 'catch-v2.yaml'"),
      Fault(
        catchGame, "id: catch-v1", "id: Catch",
        "catch-v1.yaml:1: the id 'Catch' must be lowercase words and a version, as in 'catch-v1'"),
      Fault(catchGame, "id: catch-v1", "id: 3", "catch-v1.yaml:1: 'id' must be a text"),
      Fault(catchGame, "Catch a ball.", "''", "catch-v1.yaml:3: 'description' must be a text"),
      Fault(
        catchGame, "limit: 9", "limit: 0",
        "catch-v1.yaml:4: 'time-limit' is 0; 1 to 1000000 is possible"),
      Fault(
        catchGame, "limit: 9", "limit: -5",
        "catch-v1.yaml:4: 'time-limit' is -5; 1 to 1000000 is possible"),
      Fault(catchGame, "limit: 9", "limit: soon", "catch-v1.yaml:4: 'time-limit' must be a whole number"),
      Fault(catchGame, "limit: 9", "limit: 9.5", "catch-v1.yaml:4: 'time-limit' must be a whole number"),
      Fault(catchGame, "limit: 9", "limit: '9'", "catch-v1.yaml:4: 'time-limit' must be a whole number"),
      Fault(catchGame, "limit: 9", "limit: [9]", "catch-v1.yaml:4: 'time-limit' must be a whole number"),
      Fault(catchGame, "rows: 10", "rows: 1", "catch-v1.yaml:6: 'rows' is 1; 2 to 64 is possible"),
      Fault(
        catchGame, "rows: 10", "rows: 5",
        "catch-v1.yaml:7: 5 rows are too few to reach all of 10 columns"),
      Fault(
        catchGame, "cell: 1", "cell: 99",
        "catch-v1.yaml:8: 'pixels-per-cell' is 99; 1 to 16 is possible"),
      Fault(
        catchGame, "rows: 10\n", "rows: 10\n  rows: 9\n",
        "catch-v1.yaml:6: the mapping has 'rows' twice"),
      Fault(
        catchGame, "kind: catch", "kind: [catch",
        "catch-v1.yaml:3: not YAML: did not find expected ',' or ']'"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\nsticky-actions: 2\n",
        "catch-v1.yaml:5: 'sticky-actions' is 2.0; 0.0 to 1.0 is possible"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\naction-repeat: 0\n",
        "catch-v1.yaml:5: 'action-repeat' is 0; 1 to 100 is possible"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\nreward-clipping: [1, -1]\n",
        "catch-v1.yaml:5: 'reward-clipping' must be two numbers in ascending order, as in [-1, 1]"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\nreward-clipping: [-1, banana, 1]\n",
        "catch-v1.yaml:5: 'reward-clipping' must be two numbers in ascending order, as in [-1, 1]"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\ncamera: yes\n",
        "catch-v1.yaml:5: 'camera' must be a mapping with keys"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\ncamera:\n  noise: 0.1\n",
        "catch-v1.yaml:5: missing key 'quantized'"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\ncamera:\n  noise: -0.1\n  quantized: true\n",
        "catch-v1.yaml:6: 'noise' is -0.1; 0.0 to 1.0 is possible"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\ncamera:\n  noise: 0.1\n  quantized: 8\n",
        "catch-v1.yaml:7: 'quantized' must be true or false"),
      Fault(
        catchGame, "limit: 9\n", "limit: 9\ncamera:\n  nose: 0.1\n  quantized: true\n",
        "catch-v1.yaml:6: unknown key 'nose'; did you mean 'noise'?"),
      Fault(catchGame, catchGame, "# nothing\n", "catch-v1.yaml: the file is empty"),
      Fault(catchGame, catchGame, "- id\n", "catch-v1.yaml:1: a definition must be a mapping with keys"),
      Fault(grid, "-1\n", "low\n", "grid-v1.yaml:9: 'lava-reward' must be a number"),
      Fault(grid, "-1\n", ".nan\n", "grid-v1.yaml:9: 'lava-reward' is nan; -1.0 to 0.0 is possible"),
      Fault(grid, "-1\n", "0.5\n", "grid-v1.yaml:9: 'lava-reward' is 0.5; -1.0 to 0.0 is possible"),
      Fault(
        grid, "    ..G", "    ..G.", "grid-v1.yaml:12: the map's row has 4 cells, but its first row has 3"),
      Fault(
        grid, "..G", ".?G",
        "grid-v1.yaml:12: unknown map character '?'; the map's are . # ~ G S > v < ^ * a-f A-F 1-6 n-s h-m H-M U-Z"
      ),
      Fault(grid, "S.~", "..~", "grid-v1.yaml:10: the map has no start 'S', '>', 'v', '<' or '^'"),
      Fault(grid, "..G", "...", "grid-v1.yaml:10: the map has no goal 'G'"),
      Fault(grid, "..G", ".#G", "grid-v1.yaml:11: no way leads from the start in column 1 to a goal"),
      Fault(
        grid, "..G", Array(repeating: "...", count: 70).joined(separator: "\n    "),
        "grid-v1.yaml:10: the map has 71 rows; 1 to 64 are possible"),
      Fault(
        grid, "S.~", "S" + String(repeating: ".", count: 64),
        "grid-v1.yaml:11: the map has 65 columns; 1 to 64 are possible"),
      Fault(
        grid, "S.~\n    ..G",
        Array(repeating: "S" + String(repeating: ".", count: 38) + "G", count: 26).joined(
          separator: "\n    "),
        "grid-v1.yaml:10: the map has 26 × 40 cells; at most 1024 are possible"),
      Fault(
        grid, "S.~",
        "S" + String(repeating: "*", count: 17) + "\n    .." + String(repeating: ".", count: 16) + "\n    #",
        "grid-v1.yaml:13: the map's row has 1 cells, but its first row has 18"),
      Fault(
        grid, "S.~\n    ..G", "S" + String(repeating: "*", count: 17) + "G",
        "grid-v1.yaml:10: 17 obstacles '*' are in the map; at most 16 are possible"),
      Fault(grid, "..G", "aAG", "grid-v1.yaml:11: no way leads from the start in column 1 to a goal"),
      Fault(
        grid.replacingOccurrences(of: "compass", with: "turning"), "S.~\n    ..G", "SAaG",
        "grid-v1.yaml:11: no way leads from the start in column 1 to a goal"),
      Fault(
        grid, "whole", "egocentric",
        "grid-v1.yaml:7: an agent with compass moves faces nowhere; 'extent' must be 'whole'"),
      Fault(grid, "planes", "plane", "grid-v1.yaml:6: 'view' cannot be 'plane'; did you mean 'planes'?"),
      Fault(
        grid, "  moves: compass\n", "", "grid-v1.yaml:5: missing key 'moves' of a map"),
      Fault(
        grid, "  moves: compass\n", "  layout: unlock\n",
        "grid-v1.yaml:10: a grid has a 'layout' or a 'map', not both"),
      Fault(
        grid, "  moves: compass\n", "  moves: compass\n  size: 5\n", "grid-v1.yaml:9: a map has no 'size'"),
      Fault(layout, "  size: 8\n", "", "grid-v1.yaml:5: missing key 'size' of the layout 'empty'"),
      Fault(layout, "  layout: empty\n", "", "grid-v1.yaml:5: missing key 'layout' or 'map'"),
      Fault(layout, "empty", "emtpy", "grid-v1.yaml:6: 'layout' cannot be 'emtpy'; did you mean 'empty'?"),
      Fault(layout, "size: 8", "size: 4", "grid-v1.yaml:7: 'size' is 4; 5 to 32 is possible"),
      Fault(layout, "empty", "unlock", "grid-v1.yaml:7: the layout 'unlock' has no 'size'"),
      Fault(
        layout, "empty\n  size: 8\n  start: corner", "crossing\n  size: 8\n  crossings: 1\n  barrier: lava",
        "grid-v1.yaml:7: 'size' is 8; rivers need an odd number"),
      Fault(
        layout, "empty\n  size: 8\n  start: corner", "crossing\n  size: 9\n  crossings: 7\n  barrier: lava",
        "grid-v1.yaml:8: 'crossings' is 7; 1 to 6 is possible"),
      Fault(
        layout, "empty\n  size: 8", "dynamic-obstacles\n  size: 8\n  obstacles: 6",
        "grid-v1.yaml:8: 'obstacles' is 6; 1 to 5 is possible"),
      Fault(
        layout, "size: 8\n  start: corner\n  view: symbolic\n  extent: egocentric",
        "size: 16\n  start: corner\n  view: pixels-42\n  extent: whole",
        "grid-v1.yaml:9: 16 × 16 cells are too many for pixels-42: a cell would have 2 pixels a side, and needs 4"
      ),
      Fault(
        grid, "|\n    S.~\n    ..G", "S.G",
        "grid-v1.yaml:10: 'map' must be a block that starts with 'map: |', one line a row"),
    ])
  func faults(_ fault: Fault) throws {
    let file = fault.error.prefix { $0 != ":" }
    let error = #expect(throws: EnvironmentError.self) {
      try EnvironmentDefinition(yaml: fault.yaml, path: "some/\(file)")
    }
    #expect(error?.description == "some/" + fault.error)
  }

  @Test("rules and camera are read, and are part of the hash")
  func rules() throws {
    let plain = try EnvironmentDefinition(yaml: Self.catchGame, path: "catch-v1.yaml")
    #expect(plain.rules == EpisodeRules(timeLimit: 9) && plain.camera == nil)
    let more = """
      sticky-actions: 0.1
      action-repeat: 4
      reward-clipping: [-1, 0.5]
      camera:
        noise: 0.25
        drift: 0.125
        drift-steps: 50
        quantized: false

      """
    let full = try EnvironmentDefinition(yaml: Self.catchGame + more, path: "catch-v1.yaml")
    #expect(
      full.rules
        == EpisodeRules(timeLimit: 9, stickiness: 0.1, actionRepeat: 4, rewardBounds: -1...0.5))
    #expect(full.camera == Camera(noise: 0.25, drift: 0.125, driftSteps: 50, isQuantized: false))
    #expect(full.contentHash != plain.contentHash)
    #expect(full.observationSpace.rawMaxima == nil)
    for (value, another) in [("0.25", "0.26"), ("[-1, 0.5]", "[-1, 0.75]")] {
      let other = try EnvironmentDefinition(
        yaml: Self.catchGame + more.replacingOccurrences(of: value, with: another), path: "catch-v1.yaml")
      #expect(other.contentHash != full.contentHash)
    }
  }

  @Test("a definition says what its file says")
  func values() throws {
    let game = try EnvironmentDefinition(yaml: Self.catchGame, path: "catch-v1.yaml")
    #expect(game.id == "catch-v1" && game.kind == "catch" && game.rules.timeLimit == 9)
    #expect(game.description == "Catch a ball.")
    #expect(game.observationSpace == BoxSpace(height: 10, width: 10, channels: 1, rawMaxima: [255]))
    #expect(game.actions == ["left", "stay", "right"])
    let grid = try EnvironmentDefinition(yaml: Self.grid, path: "grid-v1.yaml")
    #expect(grid.observationSpace == BoxSpace(height: 2, width: 3, channels: 4, rawMaxima: [1, 1, 1, 1]))
  }

  @Test("the hash is FNV-1a of the content")
  func hash() throws {
    // FNV-1a with 64 bits, computed in Python over
    // "/id=catch-v1\n/kind=catch\n/parameters/columns=10.0\n/parameters/pixels-per-cell=1.0\n…".
    let game = try EnvironmentDefinition(yaml: Self.catchGame, path: "catch-v1.yaml")
    #expect(game.contentHash == "9622cec63ddbcc0e")
    let grid = try EnvironmentDefinition(yaml: Self.grid, path: "grid-v1.yaml")
    #expect(grid.contentHash == "8f2519b35d949258")
  }

  @Test("comments, order, layout and the description do not change the hash")
  func sameHash() throws {
    let reordered = """
      # A comment.
      description: Something else.
      parameters: {pixels-per-cell: 0x1, columns: 10, rows: 10}
      time-limit: 9 # soon
      id: 'catch-v1'

      kind:   "catch"
      """
    let game = try EnvironmentDefinition(yaml: Self.catchGame, path: "catch-v1.yaml")
    let other = try EnvironmentDefinition(yaml: reordered, path: "catch-v1.yaml")
    #expect(other.contentHash == game.contentHash)

    let grid = try EnvironmentDefinition(yaml: Self.grid, path: "grid-v1.yaml")
    let stripped = Self.grid.replacingOccurrences(of: "map: |", with: "map: |-")
      .replacingOccurrences(of: "-1\n", with: "-1.0\n")
    #expect(try EnvironmentDefinition(yaml: stripped, path: "grid-v1.yaml").contentHash == grid.contentHash)
  }

  @Test(
    "whatever an agent can tell changes the hash",
    arguments: [("time-limit: 9", "time-limit: 8"), ("-1\n", "-0.5\n"), ("..G", ".~G"), ("..G", ".#G")])
  func differentHash(_ old: String, _ new: String) throws {
    let open = Self.grid.replacingOccurrences(of: "S.~", with: "S..")
    let grid = try EnvironmentDefinition(yaml: open, path: "grid-v1.yaml")
    let changed = open.replacingOccurrences(of: old, with: new)
    #expect(changed != open)
    #expect(try EnvironmentDefinition(yaml: changed, path: "grid-v1.yaml").contentHash != grid.contentHash)
  }

  @Test("keys behind keys open doors")
  func keys() throws {
    let yaml = Self.grid.replacingOccurrences(of: "compass", with: "turning")
      .replacingOccurrences(of: "S.~\n    ..G", with: "SbAG\n    #Ba#\n    ####")
    #expect(throws: Never.self) { try EnvironmentDefinition(yaml: yaml, path: "grid-v1.yaml") }
    let without = yaml.replacingOccurrences(of: "Ba", with: "B.")
    #expect(throws: EnvironmentError.self) { try EnvironmentDefinition(yaml: without, path: "grid-v1.yaml") }
  }

  @Test("a file that cannot be read is an error")
  func unreadable() {
    let error = #expect(throws: EnvironmentError.self) {
      try EnvironmentDefinition(path: "none/catch-v1.yaml")
    }
    #expect(error?.description == "none/catch-v1.yaml: cannot be read")
  }
}

@Suite("Catalog of a folder")
struct EnvironmentCatalogTests {
  @Test("an unknown id is an error with the nearest ones")
  func unknown() throws {
    let catalog = try repositoryCatalog()
    let near = #expect(throws: EnvironmentError.self) { try catalog.definition(for: "ctach-v1") }
    #expect(near?.description == "unknown environment 'ctach-v1'; did you mean 'catch-v1'?")
    let far = #expect(throws: EnvironmentError.self) { try catalog.definition(for: "xyzzy") }
    #expect(
      far?.description
        == "unknown environment 'xyzzy'; the environments are " + catalog.ids.joined(separator: ", "))
  }

  @Test("a folder that is missing, and a file that is wrong, are errors")
  func folders() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    #expect(throws: EnvironmentError.self) { try EnvironmentCatalog(folder: folder.path) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("notes".utf8).write(to: folder.appending(path: "README.md"))
    let empty = try EnvironmentCatalog(folder: folder.path)
    #expect(empty.ids.isEmpty)
    #expect(throws: EnvironmentError.self) { try empty.definition(for: "catch-v1") }
    try Data("kind: 3".utf8).write(to: folder.appending(path: "wrong-v1.yaml"))
    try FileManager.default.copyItem(
      at: repositoryEnvironments.appending(path: "catch-v1.yaml"), to: folder.appending(path: "catch-v1.yaml")
    )
    let catalog = try EnvironmentCatalog(folder: folder.path + "/")
    #expect(try catalog.definition(for: "catch-v1").kind == "catch", "a wrong file beside it does not matter")
    let wrong = folder.path + "/wrong-v1.yaml:1: missing key 'id'"
    let all = #expect(throws: EnvironmentError.self) { try catalog.definitions() }
    let one = #expect(throws: EnvironmentError.self) { try catalog.definition(for: "wrong-v1") }
    #expect(all?.description == wrong && one?.description == wrong)
  }
}

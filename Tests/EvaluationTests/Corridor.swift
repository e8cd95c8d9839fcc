import Environments
import Evaluation
import Networks
import Policies
import RandomStreams

/// Three steps up to a goal, along a wall.
///
/// Seen in symbols, column by column: entries 0 and 3 are the objects of two cells of the wall, 0.2 in
/// every frame. Up is action 0 and earns 1 − 0.9·3/9 = 0.7; right is action 1 and leads nowhere.
enum Corridor {
  static func evaluation() throws -> Evaluation {
    let yaml = """
      id: corridor-v1
      kind: grid
      description: Three steps up, along a wall.
      time-limit: 9
      parameters:
        view: symbolic
        extent: whole
        moves: compass
        map: |
          #G
          #.
          #.
          #S
      """
    return Evaluation(
      environment: try EnvironmentDefinition(yaml: yaml, path: "corridor-v1.yaml"), frames: 1, seed: 0,
      episodes: 32)
  }

  /// A policy of some layers that has learned nothing.
  static func policy(_ layers: [Layer]) throws -> NetworkPolicy {
    let space = try evaluation().environment.observationSpace
    var random = RandomStream(seed: 3)
    return NetworkPolicy(
      try Network(
        .init(input: [space.height, space.width, space.channels], layers: layers), initializer: .orthogonal,
        using: &random))
  }
}

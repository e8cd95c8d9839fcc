/// The channels of a grid world's one-hot planes.
///
/// In this order:
/// - where an agent may not see everything, the cells that it does not see;
/// - where it sees the whole grid, its cell, in one plane for each of the directions right, down, left, up that it can face;
/// - wall, lava, goal;
/// - of floor, doors (open, closed, locked), key, ball and box those that the world has;
/// - the six colors in MiniGrid's order if its floors, doors, keys, balls and boxes have more than one.
///
/// What the agent carries is marked in the agent's cell.
struct GridPlanes: Hashable, Sendable {
  /// The names of the channels.
  let names: [String]
  /// The channel of each object; -1 for none.
  private var channels = InlineArray<16, Int8>(repeating: -1)
  /// The first of the colors' channels; -1 for none.
  private var firstColor = -1
  /// The number of channels.
  let count: Int
  /// The channel of the agent, or of its first direction.
  let agentChannel = 0

  /// The planes of a world.
  ///
  /// - Parameters:
  ///   - objects: all that can be in its cells.
  ///   - extent: how far the agent sees.
  ///   - hidesBehindWalls: whether there is anything that it does not see within this extent.
  ///   - turns: whether the agent has a direction.
  init(objects: Set<GridCell>, extent: GridView.Extent, hidesBehindWalls: Bool, turns: Bool) {
    var names: [String] = []
    switch extent {
    case .egocentric:
      if hidesBehindWalls {
        channels[Int(GridCell.Object.unseen.rawValue)] = Int8(names.count)
        names.append("unseen")
      }
    case .whole: names += turns ? GridDirection.allCases.map { "agent facing \($0)" } : ["agent"]
    }
    let present = Set(objects.map(\.object))
    let doors: [GridCell.Object] = [.openDoor, .closedDoor, .lockedDoor]
    var shown: [GridCell.Object] = [.wall, .lava, .goal]
    if present.contains(.floor) { shown.append(.floor) }
    if !present.isDisjoint(with: doors) { shown += doors }
    shown += [.key, .ball, .box].filter(present.contains)
    for object in shown {
      channels[Int(object.rawValue)] = Int8(names.count)
      names.append("\(object)")
    }
    if Set(objects.filter(\.object.isColored).map(\.color)).count > 1 {
      firstColor = names.count
      names += GridColor.allCases.map { "\($0)" }
    }
    self.names = names
    count = names.count
  }

  /// Marks what is in a cell.
  ///
  /// - Parameter position: the index of the cell in the frame.
  @inline(__always)
  func mark(_ cell: GridCell, at position: Int, in frame: inout MutableSpan<Float>) {
    let channel = Int(channels[Int(cell.code & 15)])
    guard channel >= 0 else { return }
    frame[position &* count &+ channel] = 1
    if firstColor >= 0 && cell.object.isColored {
      frame[position &* count &+ firstColor &+ Int(cell.code &>> 4)] = 1
    }
  }

  static func == (left: GridPlanes, right: GridPlanes) -> Bool { left.names == right.names }

  func hash(into hasher: inout Hasher) { hasher.combine(names) }
}

/// What stands in a cell of a grid world: an object, with its color.
///
/// One byte, so that a world's cells are a few cache lines.
struct GridCell: Hashable, Sendable {
  /// The objects: MiniGrid's, with a door's three states apart. Below ``closedDoor``, the raw value is MiniGrid's index;
  /// 10, the agent, stands in no cell.
  enum Object: UInt8, Hashable, Sendable, CaseIterable {
    case unseen, empty, wall, floor, openDoor, key, ball, box, goal, lava
    case closedDoor = 11
    case lockedDoor = 12

    /// Whether its color is a choice.
    var isColored: Bool {
      switch self {
      case .floor, .openDoor, .closedDoor, .lockedDoor, .key, .ball, .box: true
      case .unseen, .empty, .wall, .goal, .lava: false
      }
    }
  }

  /// The object in the lower four bits, the color in the upper ones.
  let code: UInt8

  /// One more than the greatest ``code``.
  static let codeCount = 96

  /// The cell of a code.
  ///
  /// - Precondition: its parts are an object and a color.
  init(code: UInt8) { self.code = code }

  /// An object of a color.
  init(_ object: Object, _ color: GridColor) {
    code = object.rawValue | color.rawValue << 4
  }

  static var unseen: GridCell { GridCell(.unseen, .red) }
  static var empty: GridCell { GridCell(.empty, .red) }
  static var wall: GridCell { GridCell(.wall, .gray) }
  static var goal: GridCell { GridCell(.goal, .green) }
  static var lava: GridCell { GridCell(.lava, .red) }

  /// The object.
  var object: Object { Object(rawValue: code & 15)! }
  /// The color; red where there is no object.
  var color: GridColor { GridColor(rawValue: code &>> 4)! }

  // Bits of the objects' raw values instead of a switch, because many cells are asked at every step.

  /// Whether an agent can stand in the cell: empty, floor, open door, goal, lava.
  var isEnterable: Bool { 0b0_0011_0001_1010 &>> UInt16(code & 15) & 1 == 1 }
  /// Whether one sees what is behind it: all but walls and doors that are not open.
  var isTransparent: Bool { 0b1_1000_0000_0100 &>> UInt16(code & 15) & 1 == 0 }
  /// Whether an agent can carry it: key, ball, box.
  var isPortable: Bool { 0b0_0000_1110_0000 &>> UInt16(code & 15) & 1 == 1 }
}

/// How a grid world's cells are drawn, for people and for pixel views alike.
enum GridTile {
  /// The number of tiles.
  static let count = GridCell.codeCount + 4 * carriedCount + 1
  /// Nothing, or a key, ball or box of six colors.
  private static let carriedCount = 19

  /// The tile of a cell.
  static func index(of cell: GridCell) -> Int { Int(cell.code) }

  /// The tile of an agent that turns.
  static func index(ofAgentFacing direction: GridDirection, carrying carried: GridCell) -> Int {
    let item = carried == .empty ? 0 : 1 + (Int(carried.code & 15) - 5) * 6 + Int(carried.code >> 4)
    return GridCell.codeCount + item * 4 + direction.rawValue
  }

  /// The tile of an agent without a direction.
  static var agentWithoutDirection: Int { count - 1 }

  /// Draws a tile over a square of a picture.
  static func draw(_ tile: Int, row: Int = 0, column: Int = 0, size: Int, into picture: inout Picture) {
    var canvas = TileCanvas(picture: picture, row: row, column: column, size: size)
    if tile < GridCell.codeCount {
      // Not every code is a cell's.
      if GridCell.Object(rawValue: UInt8(tile & 15)) != nil { canvas.draw(GridCell(code: UInt8(tile))) }
    } else if tile == agentWithoutDirection {
      canvas.draw(.empty)
      canvas.drawAgent(facing: nil)
    } else {
      let (item, direction) = (tile - GridCell.codeCount).quotientAndRemainder(dividingBy: 4)
      let carried = (item - 1).quotientAndRemainder(dividingBy: 6)
      if item == 0 {
        canvas.draw(.empty)
      } else {
        // On few pixels the agent hides what it carries, so that the ground tells it, too.
        let cell = GridCell(code: UInt8(carried.quotient + 5 | carried.remainder << 4))
        canvas.draw(cell, on: cell.color.color.dimmed([0.9, 0.65, 0.4][carried.quotient]))
      }
      canvas.drawAgent(facing: GridDirection(rawValue: direction))
    }
    picture = canvas.picture
  }
}

/// A square of a picture in coordinates from 0 to 1.
private struct TileCanvas {
  var picture: Picture
  let row, column, size: Int

  typealias Color = Picture.Color

  mutating func fill(_ color: Color, where contains: (_ x: Float, _ y: Float) -> Bool = { _, _ in true }) {
    picture.fill(row: row, column: column, size: size, with: color, where: contains)
  }

  mutating func fill(_ color: Color, x: ClosedRange<Float>, y: ClosedRange<Float>) {
    fill(color) { x.contains($0) && y.contains($1) }
  }

  mutating func fill(_ color: Color, centerX: Float, centerY: Float, radius: Float) {
    fill(color) { ($0 - centerX) * ($0 - centerX) + ($1 - centerY) * ($1 - centerY) <= radius * radius }
  }

  mutating func draw(_ cell: GridCell, on floor: Color = Color(gray: 44)) {
    if cell.object == .unseen { return fill(Color(gray: 0)) }
    let color = cell.color.color
    fill(floor)
    switch cell.object {
    case .unseen, .empty: break
    case .wall: fill(Color(gray: 104))
    case .floor: fill(color.dimmed(0.5))
    case .lava:
      fill(Color(235, 110, 20))
      for middle: Float in [0.3, 0.7] {
        fill(Color(110, 25, 10)) { x, y in abs(y - middle - 0.3 * abs(x - 0.5) + 0.1) < 0.07 }
      }
    case .goal:
      fill(Color(30, 150, 70))
      fill(Color(190, 245, 190)) { x, y in abs(x - 0.5) + abs(y - 0.5) < 0.32 }
    case .openDoor:
      fill(color, x: 0...0.2, y: 0...1)
    case .closedDoor:
      fill(color)
      fill(color.dimmed(0.4), x: 0.14...0.86, y: 0.14...0.86)
      fill(color, centerX: 0.74, centerY: 0.5, radius: 0.09)
    case .lockedDoor:
      fill(color)
      fill(color.dimmed(0.6), x: 0.14...0.86, y: 0.14...0.86)
      fill(Color(gray: 0), centerX: 0.5, centerY: 0.42, radius: 0.15)
      fill(Color(gray: 0), x: 0.45...0.55, y: 0.42...0.72)
    case .key:
      fill(color, centerX: 0.42, centerY: 0.3, radius: 0.2)
      fill(floor, centerX: 0.42, centerY: 0.3, radius: 0.08)
      fill(color, x: 0.34...0.51, y: 0.46...0.9)
      fill(color, x: 0.51...0.7, y: 0.74...0.9)
    case .ball:
      fill(color, centerX: 0.5, centerY: 0.5, radius: 0.34)
    case .box:
      fill(color, x: 0.1...0.9, y: 0.1...0.9)
      fill(color.dimmed(0.75), x: 0.24...0.76, y: 0.24...0.76)
      fill(color, x: 0.1...0.9, y: 0.45...0.55)
    }
  }

  /// A triangle that points forward, or a disk.
  mutating func drawAgent(facing direction: GridDirection?) {
    let color = Color(gray: 250)
    guard let direction else { return fill(color, centerX: 0.5, centerY: 0.5, radius: 0.4) }
    let (forwardX, forwardY) = (Float(direction.columns), Float(direction.rows))
    fill(color) { x, y in
      let forward = (x - 0.5) * forwardX + (y - 0.5) * forwardY
      let aside = abs((x - 0.5) * forwardY) + abs((y - 0.5) * forwardX)
      return forward > -0.4 && forward + 2 * aside < 0.45
    }
  }
}

extension Picture.Color {
  /// With a share of its light.
  fileprivate func dimmed(_ share: Float) -> Picture.Color {
    func dim(_ part: UInt8) -> UInt8 { UInt8(Float(part) * share) }
    return Picture.Color(dim(red), dim(green), dim(blue))
  }
}

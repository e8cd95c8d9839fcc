import Display
import Testing

@Suite struct CanvasTests {
  private let red = Color(0xFF0000)
  private let black = Color(0x000000)

  /// The canvas as text: `#` where a pixel has the color.
  private func picture(of canvas: Canvas, color: Color) -> [String] {
    (0..<canvas.height).map { y in
      String((0..<canvas.width).map { x in canvas[x, y] == color ? "#" : "." })
    }
  }

  @Test func bytesAreRowsOfRedGreenBlue() {
    var canvas = Canvas(width: 2, height: 2)
    canvas[1, 0] = Color(red: 1, green: 2, blue: 3)
    canvas[0, 1] = Color(0xF0E442)
    #expect(canvas.bytes == [0, 0, 0, 1, 2, 3, 0xF0, 0xE4, 0x42, 0, 0, 0])
  }

  @Test func fillCoversItsRectangleOnly() {
    var canvas = Canvas(width: 5, height: 4)
    canvas.fill(Rectangle(x: 1, y: 2, width: 3, height: 1), with: red)
    #expect(picture(of: canvas, color: red) == [".....", ".....", ".###.", "....."])
  }

  @Test func drawingIsCutOffAtTheEdges() {
    var canvas = Canvas(width: 3, height: 3)
    canvas.fill(Rectangle(x: -5, y: 2, width: 6, height: 9), with: red)
    canvas.fill(Rectangle(x: 2, y: -1, width: 9, height: 2), with: red)
    canvas.fill(Rectangle(x: 7, y: 7, width: 2, height: 2), with: red)
    canvas.fill(Rectangle(x: -9, y: -9, width: 2, height: 2), with: red)
    canvas.fill(Rectangle(x: 1, y: 1, width: 0, height: -3), with: red)
    #expect(picture(of: canvas, color: red) == ["..#", "...", "#.."])
  }

  @Test func outlineIsTheInnerEdge() {
    var canvas = Canvas(width: 7, height: 6)
    canvas.outline(Rectangle(x: 1, y: 1, width: 5, height: 4), with: red)
    #expect(
      picture(of: canvas, color: red)
        == [".......", ".#####.", ".#...#.", ".#...#.", ".#####.", "......."])
    canvas = Canvas(width: 5, height: 5)
    canvas.outline(Rectangle(x: 0, y: 0, width: 5, height: 5), with: red, thickness: 2)
    #expect(picture(of: canvas, color: red) == ["#####", "#####", "##.##", "#####", "#####"])
    canvas = Canvas(width: 4, height: 3)
    canvas.outline(Rectangle(x: 1, y: 1, width: 2, height: 1), with: red, thickness: 9)
    #expect(picture(of: canvas, color: red) == ["....", ".##.", "...."])
  }

  @Test func canvasesAreValues() {
    let original = Canvas(width: 2, height: 1)
    var copy = original
    copy[0, 0] = red
    #expect(original[0, 0] == black)
    #expect(copy[0, 0] == red)
  }

  @Test(arguments: [
    (Float(0), UInt8(0)), (1, 255), (0.5, 128), (0.2, 51), (-3, 0), (7, 255), (.nan, 0), (.infinity, 255),
  ])
  func intensitiesBecomeTheNearestLevel(intensity: Float, level: UInt8) {
    #expect(Color(gray: intensity) == Color(red: level, green: level, blue: level))
  }
}

@testable import Environments
import Testing

@Suite("Views")
struct ViewTests {
  @Test("luma weighs the colors as BT.601 does")
  func luma() {
    #expect(Picture.Color(255, 0, 0).luma == 76)
    #expect(Picture.Color(0, 255, 0).luma == 150)
    #expect(Picture.Color(0, 0, 255).luma == 29)
    #expect((0...255).allSatisfy { Picture.Color(gray: UInt8($0)).luma == UInt8($0) })
  }

  @Test("a shape fills the pixels whose centers it contains")
  func filling() {
    var picture = Picture(width: 5, height: 4)
    let white = Picture.Color(gray: 255)
    // The lower left triangle of a square of three pixels.
    picture.fill(row: 1, column: 2, size: 3, with: white) { x, y in y > x }
    let lit = (0..<20).filter { picture.pixels[$0] == white }
    #expect(lit == [12, 17, 18])
  }

  @Test("tiles are as large as fit, and the board stands in the middle")
  func tiles() {
    // Ten cells of four pixels leave one pixel on each side.
    let view = PixelView(size: 42, rows: 10, columns: 10, tileCount: 3) { tile, picture in
      picture.fill(row: 0, column: 0, size: 4, with: Picture.Color(gray: UInt8(tile * 51)))
      picture[0, 0] = Picture.Color(gray: 255)
    }
    #expect(view.space == BoxSpace(height: 42, width: 42, channels: 1, rawMaxima: [255]))
    var frame = [Float](repeating: 0, count: 42 * 42)
    var span = frame.mutableSpan
    view.draw(2, row: 9, column: 3, into: &span)
    for row in 0..<42 {
      for column in 0..<42 {
        let inside = (37..<41).contains(row) && (13..<17).contains(column)
        let corner = row == 37 && column == 13
        #expect(frame[row * 42 + column] == (corner ? 1 : inside ? Float(102) / 255 : 0))
      }
    }
  }
}

import Display
import Testing

@Suite struct FrameImageTests {
  @Test func grayIsScaledByNearestNeighbor() {
    let image = FrameImage(
      height: 2, width: 3, channels: 1, meaning: .gray, values: [0, 0.2, 0.4, 0.6, 0.8, 1])
    var canvas = Canvas(width: 11, height: 8, color: Color(0xFF0000))
    canvas.draw(image, x: 1, y: 2, scale: 3)
    for y in 0..<8 {
      for x in 0..<11 {
        let isInside = (1..<10).contains(x) && (2..<8).contains(y)
        let level = isInside ? UInt8(51 * ((y - 2) / 3 * 3 + (x - 1) / 3)) : 0
        let expected = isInside ? Color(red: level, green: level, blue: level) : Color(0xFF0000)
        #expect(canvas[x, y] == expected, "at (\(x), \(y))")
      }
    }
  }

  @Test func threeChannelsCanBeColor() {
    let image = FrameImage(height: 1, width: 2, channels: 3, meaning: .rgb, values: [1, 0, 0.2, 0, 1, 2])
    #expect(image.color(row: 0, column: 0) == Color(red: 255, green: 0, blue: 51))
    #expect(image.color(row: 0, column: 1) == Color(red: 0, green: 255, blue: 255))
  }

  @Test func planesMixTheirColorsByValue() {
    let values: [Float] = [
      0, 0, 1, 0,  // one plane: its color
      0.5, 0, 0, 0,  // half of one: a darker shade
      1, 1, 0, 0,  // two at 1: the mean
      0, 0, 0, 0,  // none: black
      -1, 0, .nan, 3,  // out of range: clipped, as gray is
    ]
    let image = FrameImage(height: 5, width: 1, channels: 4, meaning: .planes, values: values)
    let (first, second) = (Color.plane(0), Color.plane(1))
    func mean(_ part: KeyPath<Color, UInt8>) -> UInt8 {
      UInt8(((Float(first[keyPath: part]) + Float(second[keyPath: part])) / 2).rounded())
    }
    #expect(image.color(row: 0, column: 0) == Color.plane(2))
    #expect(
      image.color(row: 1, column: 0)
        == Color(red: first.red / 2, green: first.green / 2, blue: (first.blue + 1) / 2))
    #expect(
      image.color(row: 2, column: 0) == Color(red: mean(\.red), green: mean(\.green), blue: mean(\.blue)))
    #expect(image.color(row: 3, column: 0) == Color(0x000000))
    #expect(image.color(row: 4, column: 0) == Color.plane(3))
  }

  @Test func averagingKeepsTheMeans() {
    let image = FrameImage(
      height: 3, width: 5, channels: 2, meaning: .planes, values: (0..<30).map { Float($0) })
    let averaged = image.averaged(over: 2)
    #expect([averaged.height, averaged.width, averaged.channels] == [2, 3, 2])
    // Rows 0 and 1: the mean of columns 0 and 1, of 2 and 3, and column 4 alone; then row 2.
    #expect(averaged.values == [6, 7, 10, 11, 13, 14, 21, 22, 25, 26, 28, 29])
    #expect(image.averaged(over: 1) == image)
  }
}

import Display
import Testing

@Suite struct TextTests {
  private let white = Color(0xFFFFFF)

  private func drawn(_ text: String, scale: Int = 1, width: Int = 5) -> Canvas {
    var canvas = Canvas(width: width * scale, height: Canvas.textHeight(scale: scale))
    canvas.draw(text, x: 0, y: 0, color: white, scale: scale)
    return canvas
  }

  @Test func everyPrintableCharacterHasItsOwnGlyph() {
    let blank = Canvas(width: 5, height: 8)
    var owners: [Canvas: Character] = [:]
    for code in UInt8(32)...126 {
      let character = Character(Unicode.Scalar(code))
      let glyph = drawn(String(character))
      #expect((glyph == blank) == (character == " "), "the glyph of \(character)")
      #expect(owners[glyph] == nil, "\(character) looks like \(owners[glyph] ?? " ")")
      owners[glyph] = character
    }
    #expect(owners.count == 95)
  }

  /// What the glyphs look like is written a second time here, from the letter's shape and not from the font.
  @Test(arguments: [
    ("L", ["#....", "#....", "#....", "#....", "#....", "#....", "#####", "....."]),
    ("T", ["#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#..", "....."]),
    ("_", [".....", ".....", ".....", ".....", ".....", ".....", ".....", "#####"]),
    ("~", [".....", ".....", ".#..#", "#.#.#", "#..#.", ".....", ".....", "....."]),
  ])
  func glyphsSitWhereTheyShould(character: String, rows: [String]) {
    let canvas = drawn(character)
    let picture = (0..<8).map { y in String((0..<5).map { x in canvas[x, y] == white ? "#" : "." }) }
    #expect(picture == rows)
  }

  @Test func everythingElseIsAQuestionMark() {
    for text in ["é", "\n", "\u{7F}", "⇒"] { #expect(drawn(text) == drawn("?")) }
  }

  @Test func signsHaveGlyphsOfTheirOwn() {
    let glyphs = "×±ε←→↑↓·…?".map { drawn(String($0)) }
    #expect(Set(glyphs).count == glyphs.count)
  }

  /// At twice the size a step of one pixel becomes a slope: written out from the rules of Scale2x.
  @Test func doubledCornersAreRounded() {
    let canvas = drawn("/", scale: 2)
    let picture = (0..<14).map { y in String((0..<10).map { x in canvas[x, y] == white ? "#" : "." }) }
    #expect(
      picture == [
        "........##",
        "........##",
        "........##",
        ".......###",
        "......###.",
        ".....###..",
        "....###...",
        "...###....",
        "..###.....",
        ".###......",
        "###.......",
        "##........",
        "##........",
        "##........",
      ])
  }

  @Test func theScaleTurnsPixelsIntoSquares() {
    let small = drawn("Ag", width: 11)
    let large = drawn("Ag", scale: 3, width: 11)
    for y in 0..<24 {
      for x in 0..<33 { #expect(large[x, y] == small[x / 3, y / 3], "at (\(x), \(y))") }
    }
  }

  @Test func theWidthEndsWithTheLastGlyph() {
    #expect(Canvas.textWidth("") == 0)
    #expect(Canvas.textWidth("#") == 5)
    #expect(Canvas.textWidth("##", scale: 2) == 22)
    let canvas = drawn("HH", width: 12)
    #expect((0..<12).last { x in (0..<8).contains { y in canvas[x, y] == white } } == 10)
  }
}

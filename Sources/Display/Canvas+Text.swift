extension Canvas {
  /// The height of a line of text at a scale: 8 pixels times the scale, the lowest of them for descenders.
  public static func textHeight(scale: Int = 1) -> Int { BitmapFont.height * scale }

  /// The width of a line of text at a scale, without the gap after its last character.
  public static func textWidth(_ text: String, scale: Int = 1) -> Int {
    text.isEmpty ? 0 : (text.count * BitmapFont.advance - 1) * scale
  }

  /// Draws one line of text with its top left corner at (x, y) in a fixed-width font of 5 by 8 pixels.
  ///
  /// Printable ASCII has glyphs; every other character, a line break too, is drawn as a question mark. Each
  /// pixel of the font becomes a square of `scale` by `scale` (at least 1).
  public mutating func draw(_ text: String, x: Int, y: Int, color: Color, scale: Int = 1) {
    precondition(scale >= 1, "A scale of \(scale) shows no text.")
    for (index, character) in text.enumerated() {
      let left = x + index * BitmapFont.advance * scale
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for column in 0..<BitmapFont.width where bits >> (BitmapFont.width - 1 - column) & 1 == 1 {
          let square = Rectangle(
            x: left + column * scale, y: y + row * scale, width: scale, height: scale)
          fill(square, with: color)
        }
      }
    }
  }

  /// A text that is cut, with two dots for what is missing, where it is wider than a width at a scale.
  static func shortened(_ text: String, scale: Int = 1, width: Int) -> String {
    let room = (width / scale + 1) / BitmapFont.advance
    return text.count <= room ? text : String(text.prefix(max(0, room - 2))) + ".."
  }

  /// Draws a text that is cut where it is wider than a width.
  mutating func draw(
    _ text: String, x: Int, y: Int, color: Color, scale: Int = 1, width: Int
  ) {
    draw(Self.shortened(text, scale: scale, width: width), x: x, y: y, color: color, scale: scale)
  }

  /// Draws a text with its middle in a column.
  mutating func draw(
    _ text: String, centeredAt x: Int, y: Int, color: Color, scale: Int = 1
  ) {
    draw(text, x: x - Self.textWidth(text, scale: scale) / 2, y: y, color: color, scale: scale)
  }
}

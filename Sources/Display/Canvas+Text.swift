extension Canvas {
  /// A line of text that a canvas keeps instead of drawing it, for outlets that have letters of their own.
  public struct Label: Hashable, Sendable {
    /// The text.
    public let text: String
    /// Where its first letter begins.
    public let x: Int
    /// The top of its letters.
    public let y: Int
    /// Its color.
    public let color: Color
    /// How large its letters would be drawn.
    public let scale: Int
  }

  /// The height of a line of text at a scale: 8 pixels times the scale, the lowest of them for descenders.
  public static func textHeight(scale: Int = 1) -> Int { BitmapFont.height * scale }

  /// The width of a line of text at a scale, without the gap after its last character.
  public static func textWidth(_ text: String, scale: Int = 1) -> Int {
    text.isEmpty ? 0 : (text.count * BitmapFont.advance - 1) * scale
  }

  /// Draws one line of text with its top left corner at (x, y) in a fixed-width font of 5 by 8 pixels, or keeps it among
  /// ``labels`` where the canvas does so.
  ///
  /// Printable ASCII and × ± ε ← → ↑ ↓ · … have glyphs; every other character, a line break too, is drawn as a question
  /// mark. Each pixel of the font becomes a square of `scale` by `scale` (at least 1); at even scales corners are rounded.
  public mutating func draw(_ text: String, x: Int, y: Int, color: Color, scale: Int = 1) {
    precondition(scale >= 1, "A scale of \(scale) shows no text.")
    if keepsLabels {
      labels.append(Label(text: text, x: x, y: y, color: color, scale: scale))
      return
    }
    let isDoubled = scale.isMultiple(of: 2)
    let (size, columns) = isDoubled ? (scale / 2, 2 * BitmapFont.width) : (scale, BitmapFont.width)
    for (index, character) in text.enumerated() {
      let left = x + index * BitmapFont.advance * scale
      let rows = isDoubled ? BitmapFont.doubledRows(of: character) : BitmapFont.rows(of: character)
      for (row, bits) in rows.enumerated() where bits != 0 {
        for column in 0..<columns where bits >> (columns - 1 - column) & 1 == 1 {
          fill(Rectangle(x: left + column * size, y: y + row * size, width: size, height: size), with: color)
        }
      }
    }
  }

  /// Drops the labels that touch a rectangle, before something is drawn over them.
  mutating func clearLabels(in area: Rectangle) {
    labels.removeAll {
      $0.y + Self.textHeight(scale: $0.scale) > area.y && $0.y < area.bottom
        && $0.x + Self.textWidth($0.text, scale: $0.scale) > area.x && $0.x < area.right
    }
  }

  /// A text that is cut, with three dots for what is missing, where it is wider than a width at a scale.
  static func shortened(_ text: String, scale: Int = 1, width: Int) -> String {
    let room = (width / scale + 1) / BitmapFont.advance
    return text.count <= room ? text : String(text.prefix(max(0, room - 1))) + "…"
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

  /// Draws a text that ends at a column.
  mutating func draw(
    _ text: String, endingAt x: Int, y: Int, color: Color, scale: Int = 1
  ) {
    draw(text, x: x - Self.textWidth(text, scale: scale), y: y, color: color, scale: scale)
  }
}

/// A canvas in the cells of a terminal: each cell shows two pixels, one above the other, or a letter of a label.
struct TerminalPicture: Hashable {
  struct Cell: Hashable {
    var character: Character
    var foreground: Color
    var background: Color
  }

  let columns: Int
  let rows: Int
  /// Row by row.
  private(set) var cells: [Cell]

  var size: (columns: Int, rows: Int) { (columns, rows) }

  /// The canvas as large as it fits, in the upper left corner; each pixel is the mean of those of the canvas that it
  /// covers.
  init(_ canvas: Canvas, columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(
      repeating: Cell(character: " ", foreground: Color(0x000000), background: Color(0x000000)),
      count: columns * rows)
    let scale = min(Double(columns) / Double(canvas.width), Double(2 * rows) / Double(canvas.height))
    let width = max(1, Int(Double(canvas.width) * scale))
    let height = min(2 * rows, max(2, Int((Double(canvas.height) * scale).rounded(.up)) + 1) / 2 * 2)
    let means = Self.means(of: canvas, width: width, height: height)
    for row in 0..<height / 2 {
      for column in 0..<width {
        let (upper, lower) = (means[2 * row * width + column], means[(2 * row + 1) * width + column])
        cells[row * columns + column] = Cell(
          character: upper == lower ? " " : "▀", foreground: upper, background: lower)
      }
    }
    write(
      canvas.labels, scale: (Double(width) / Double(canvas.width), Double(height) / Double(canvas.height)))
  }

  private static func means(of canvas: Canvas, width: Int, height: Int) -> [Color] {
    var means: [Color] = []
    means.reserveCapacity(width * height)
    for y in 0..<height {
      let top = y * canvas.height / height
      let bottom = max(top + 1, (y + 1) * canvas.height / height)
      for x in 0..<width {
        let left = x * canvas.width / width
        let right = max(left + 1, (x + 1) * canvas.width / width)
        var (red, green, blue) = (0, 0, 0)
        for row in top..<bottom {
          for column in left..<right {
            let color = canvas[column, row]
            red += Int(color.red)
            green += Int(color.green)
            blue += Int(color.blue)
          }
        }
        let count = (bottom - top) * (right - left)
        means.append(
          Color(red: UInt8(red / count), green: UInt8(green / count), blue: UInt8(blue / count)))
      }
    }
    return means
  }

  /// Writes labels where they stand. A letter of the terminal may be wider than a drawn one: then the next label of the
  /// row moves a little to the right, and what finds no place is left out, small print first.
  private mutating func write(_ labels: [Canvas.Label], scale: (x: Double, y: Double)) {
    var taken = Set<Int>()
    for size in Set(labels.map(\.scale)).sorted(by: >) {
      for label in labels where label.scale == size {
        let middle = Double(label.y) + 3.5 * Double(size)
        let row = Int(middle * scale.y / 2)
        let wanted = Int((Double(label.x) * scale.x).rounded())
        guard row < rows, !label.text.isEmpty else { continue }
        let start = (wanted...wanted + 6).first { start in
          start >= 0 && start + label.text.count <= columns
            && (start - 1...start + label.text.count).allSatisfy {
              !taken.contains(row * (columns + 2) + $0 + 1)
            }
        }
        guard let start else { continue }
        for (offset, character) in label.text.enumerated() {
          let index = row * columns + start + offset
          let under = cells[index]
          cells[index] = Cell(
            character: character, foreground: label.color,
            background: under.background.mixed(with: under.foreground, share: 0.5))
          taken.insert(row * (columns + 2) + start + offset + 1)
        }
      }
    }
  }

  /// What makes a terminal show this picture after another: everything, or the cells that changed.
  func text(after other: TerminalPicture?) -> String {
    // Terminals that know it show the update at once; others ignore it.
    var text = "\u{1B}[?2026h"
    let isNew = other == nil || other?.columns != columns || other?.rows != rows
    if isNew { text += "\u{1B}[0m\u{1B}[2J" }
    var foreground: Color?
    var background: Color?
    var next = -1
    for index in cells.indices {
      let cell = cells[index]
      if let other, !isNew, other.cells[index] == cell { continue }
      if index != next || index % columns == 0 {
        text += "\u{1B}[\(index / columns + 1);\(index % columns + 1)H"
      }
      if cell.foreground != foreground {
        text += "\u{1B}[38;2;\(cell.foreground.red);\(cell.foreground.green);\(cell.foreground.blue)m"
        foreground = cell.foreground
      }
      if cell.background != background {
        text += "\u{1B}[48;2;\(cell.background.red);\(cell.background.green);\(cell.background.blue)m"
        background = cell.background
      }
      text.append(cell.character)
      next = index + 1
    }
    return text + "\u{1B}[0m\u{1B}[?2026l"
  }
}

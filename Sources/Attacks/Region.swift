/// The pixels of a frame that an attack may change, in all their channels.
public enum Region: Hashable, Sendable {
  /// All of them.
  case all
  /// Rows from `top` and columns from `left`, counted from 0.
  case rectangle(top: Int, left: Int, height: Int, width: Int)
  /// Those where the mask holds true, row by row; the rows are equally long.
  case mask([[Bool]])

  /// A mask from text: a line a row, `#` for a pixel that may change and `.` for one that may not.
  /// - Throws: ``AttackError`` for other signs, and for lines of different lengths.
  public init(maskText text: String) throws(AttackError) {
    let lines = text.split(whereSeparator: \.isNewline)
    guard let width = lines.first?.count else {
      throw AttackError("the mask is empty: write # and . for each pixel")
    }
    var rows: [[Bool]] = []
    for (index, line) in lines.enumerated() {
      if let sign = line.first(where: { $0 != "#" && $0 != "." }) {
        throw AttackError("line \(index + 1) of the mask: \"\(sign)\" is neither # nor .")
      }
      guard line.count == width else {
        throw AttackError("line \(index + 1) of the mask has \(line.count) signs, the first has \(width)")
      }
      rows.append(line.map { $0 == "#" })
    }
    self = .mask(rows)
  }

  /// Whether a pixel may change.
  public func contains(row: Int, column: Int) -> Bool {
    switch self {
    case .all: true
    case .rectangle(let top, let left, let height, let width):
      (top..<(top + height)).contains(row) && (left..<(left + width)).contains(column)
    case .mask(let mask): mask[row][column]
    }
  }

  /// The smallest rectangle of a frame that holds the region.
  func bounds(height: Int, width: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    switch self {
    case .all: return (0..<height, 0..<width)
    case .rectangle(let top, let left, let height, let width):
      return (top..<(top + height), left..<(left + width))
    case .mask(let mask):
      let rows = mask.indices.filter { mask[$0].contains(true) }
      let columns = (0..<width).filter { column in mask.contains { $0[column] } }
      guard let top = rows.first, let bottom = rows.last, let left = columns.first, let right = columns.last
      else { return (0..<0, 0..<0) }
      return (top..<(bottom + 1), left..<(right + 1))
    }
  }

  /// Checks that the region lies in a frame and holds a pixel of it.
  /// - Throws: ``AttackError``.
  public func check(height: Int, width: Int) throws(AttackError) {
    switch self {
    case .all: return
    case .rectangle(let top, let left, let rows, let columns):
      // Compared without sums, which may overflow.
      guard rows > 0, columns > 0, top >= 0, left >= 0, top < height, left < width, rows <= height - top,
        columns <= width - left
      else {
        throw AttackError("the region \(self) does not lie in a frame of \(height)×\(width) pixels")
      }
    case .mask(let mask):
      guard mask.count == height, mask.allSatisfy({ $0.count == width }) else {
        throw AttackError(
          "a mask of \(mask.count)×\(mask.first?.count ?? 0) pixels does not fit a frame of \(height)×\(width)"
        )
      }
      guard mask.contains(where: { $0.contains(true) }) else {
        throw AttackError("the mask lets no pixel change")
      }
    }
  }
}

extension Region: CustomStringConvertible {
  /// Reads `all` and `top,left,height,width`; nil for anything else. Masks are read by ``init(maskText:)``.
  public init?(_ text: String) {
    if text == "all" {
      self = .all
      return
    }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 4, let top = numbers[0], let left = numbers[1], let height = numbers[2],
      let width = numbers[3]
    else { return nil }
    self = .rectangle(top: top, left: left, height: height, width: width)
  }

  /// `all`, `top,left,height,width`, or the rows of the mask, separated by slashes.
  public var description: String {
    switch self {
    case .all: "all"
    case .rectangle(let top, let left, let height, let width): "\(top),\(left),\(height),\(width)"
    case .mask(let mask):
      mask.map { String($0.map { $0 ? "#" : "." }) }.joined(separator: "/")
    }
  }

  /// For people: a mask is told by its size alone.
  var summary: String {
    switch self {
    case .all: "all pixels"
    case .rectangle(let top, let left, let height, let width):
      "\(height)×\(width) pixels from row \(top), column \(left)"
    case .mask(let mask):
      "a mask of \(mask.reduce(0) { $0 + $1.count(where: \.self) }) of \(mask.reduce(0) { $0 + $1.count }) pixels"
    }
  }
}

import Tensors

/// A rectangle of a feature map, [height, width, channels].
struct MapRegion: Hashable, Sendable {
  var rows: Range<Int>
  var columns: Range<Int>

  init(rows: Range<Int>, columns: Range<Int>) { (self.rows, self.columns) = (rows, columns) }

  /// All of a map; nil for units that lie in no map.
  init?(allOf shape: [Int]) {
    guard shape.count == 3 else { return nil }
    self.init(rows: 0..<shape[0], columns: 0..<shape[1])
  }

  /// One place of a map, counted row by row.
  init(place: Int, width: Int) {
    let (row, column) = place.quotientAndRemainder(dividingBy: width)
    self.init(rows: row..<row + 1, columns: column..<column + 1)
  }

  /// The elements of the region, of those of a whole map.
  func cut<Element>(from elements: [Element], of shape: [Int]) -> [Element] {
    if self == MapRegion(allOf: shape) { return elements }
    let (width, channels) = (shape[1], shape[2])
    var result: [Element] = []
    result.reserveCapacity(rows.count * columns.count * channels)
    for row in rows {
      let start = row * width
      result +=
        elements[((start + columns.lowerBound) * channels)..<((start + columns.upperBound) * channels)]
    }
    return result
  }
}

extension Tensor {
  /// Of what is known of one region, [batch, height, width, channels], what lies in a smaller one.
  func cut(from region: MapRegion, to part: MapRegion) -> Tensor {
    if part == region { return self }
    func range(_ part: Range<Int>, _ whole: Range<Int>) -> Range<Int> {
      part.lowerBound - whole.lowerBound..<part.upperBound - whole.lowerBound
    }
    return slice(range(part.rows, region.rows), alongAxis: 1)
      .slice(range(part.columns, region.columns), alongAxis: 2)
  }
}

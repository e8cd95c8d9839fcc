import Tensors

/// How an observation on a canvas differs from the clean one; no entry leaves the range.
struct SquareChanges {
  let canvas: SquareCanvas
  let norm: ThreatModel.Norm
  let budget: Float
  private let range: ClosedRange<Float>
  /// Of one whole observation.
  private let clean: [Float]
  private var values: [Float]

  init(of point: Tensor, row: Int, on canvas: SquareCanvas, within neighborhood: Neighborhood) {
    self.canvas = canvas
    (norm, range) = (neighborhood.threat.norm, neighborhood.threat.range)
    budget = neighborhood.budgets[row]
    let entries = (row * neighborhood.length)..<((row + 1) * neighborhood.length)
    let clean = neighborhood.center.withElements { clean in entries.map { clean[$0] } }
    values = point.withElements { point in entries.enumerated().map { point[$1] - clean[$0] } }
    self.clean = clean
  }

  subscript(row: Int, column: Int, channel: Int) -> Float {
    get { values[canvas.index(row, column, channel)] }
    set { values[canvas.index(row, column, channel)] = held(newValue, row, column, channel) }
  }

  /// What of a change the range lets through.
  func held(_ change: Float, _ row: Int, _ column: Int, _ channel: Int) -> Float {
    let value = clean[canvas.index(row, column, channel)]
    return min(max(change, min(range.lowerBound - value, 0)), max(range.upperBound - value, 0))
  }

  /// The changes in a channel.
  func values(at pixels: [(row: Int, column: Int)], channel: Int) -> [Float] {
    pixels.map { self[$0.row, $0.column, channel] }
  }

  /// All changes of the observation.
  var all: [Float] { values }

  /// Makes them.
  func apply(to point: inout Tensor, row: Int, within neighborhood: Neighborhood) {
    let first = row * neighborhood.length
    point.withMutableElements { point in
      for index in values.indices { point[first + index] = clean[index] + values[index] }
    }
  }
}
